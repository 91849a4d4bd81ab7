#!/usr/bin/env node
// dist/ once it is built; in a checkout that is not, the source, bundled in memory.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const built = new URL("../dist/make/command.js", import.meta.url);

async function bundleSource() {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../src/make/command.ts", import.meta.url))],
    bundle: true,
    write: false,
    conditions: ["@soloist/source"],
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
  return `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`;
}

const { main } = await import(existsSync(built) ? built.href : await bundleSource());
process.exitCode = await main(process.argv.slice(2), process);

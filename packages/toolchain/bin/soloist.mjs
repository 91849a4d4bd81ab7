#!/usr/bin/env node
// The soloist command: dist/ once it is built; in a checkout that is not, src/ bundled on the spot (about 20 ms).
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const built = new URL("../dist/cli/main.js", import.meta.url);

async function bundleSource() {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../src/cli/main.ts", import.meta.url))],
    bundle: true,
    write: false,
    conditions: ["@soloist/source"],
    external: ["esbuild", "@jridgewell/*"],
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
  const folder = new URL("../build/cli/", import.meta.url);
  const path = new URL("main.mjs", folder);
  const temporary = new URL(`main-${process.pid}.mjs`, folder);
  mkdirSync(folder, { recursive: true });
  writeFileSync(temporary, outputFiles[0].contents);
  renameSync(temporary, path); // several commands may start at once
  return path;
}

const { main } = await import(existsSync(built) ? built : await bundleSource());
process.exitCode = await main(process.argv.slice(2));

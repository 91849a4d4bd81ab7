#!/usr/bin/env node
// The soloist command: dist/ once it is built; in a checkout that is not, src/ compiled on the spot (about 20 ms).
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const built = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

async function load() {
  if (existsSync(built)) return import(pathToFileURL(built).href);
  const { build } = await import("esbuild");
  const outfile = fileURLToPath(new URL("../build/cli/main.mjs", import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL("../src/cli/main.ts", import.meta.url))],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
  return import(pathToFileURL(outfile).href);
}

const { main } = await load();
process.exitCode = await main(process.argv.slice(2));

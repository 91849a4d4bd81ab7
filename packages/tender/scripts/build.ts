// Builds dist/soloist-spt.
import { statSync } from "node:fs";
import { join } from "node:path";
import { CompileError, compile, packageRoot } from "./compile.ts";

try {
  const output = join(packageRoot, "dist/soloist-spt");
  const linked = compile({ output });
  console.log(`dist/soloist-spt  ${Math.round(statSync(output).size / 1000)} kB, ${linked}`);
} catch (error) {
  if (!(error instanceof CompileError)) throw error;
  console.error(`tender: ${error.message}`);
  process.exitCode = 1;
}

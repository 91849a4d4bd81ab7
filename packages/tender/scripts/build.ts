// Builds dist/soloist-spt and dist/soloist-capture.
import { statSync } from "node:fs";
import { join } from "node:path";
import { CompileError, compile, type Program, packageRoot } from "./compile.ts";

const programs: readonly Program[] = [
  { output: join(packageRoot, "dist/soloist-spt") },
  { output: join(packageRoot, "dist/soloist-capture"), alone: join(packageRoot, "capture/capture.c") },
];

try {
  for (const program of programs) {
    const linked = compile(program);
    const size = Math.round(statSync(program.output).size / 1000);
    console.log(`${program.output.slice(packageRoot.length)}  ${size} kB, ${linked}`);
  }
} catch (error) {
  if (!(error instanceof CompileError)) throw error;
  console.error(`tender: ${error.message}`);
  process.exitCode = 1;
}

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const warnings = ["-Wall", "-Wextra", "-Wshadow", "-Wpointer-arith", "-Wcast-qual", "-Wsign-compare", "-Werror"];

const programs = {
  wire: ["wire.c", "impair.c", "end.c"],
  inject: ["inject.c", "end.c"],
  plug: ["plug.c", "end.c"],
};

/** Path of one of this package's C programs, compiled when a source is newer than it (Node cannot open a tap). */
export function program(name: keyof typeof programs): string {
  const output = `${here}build/${name}`;
  const sources = programs[name].map((file) => `${here}c/${file}`);
  const newest = Math.max(...[...sources, `${here}c/end.h`, `${here}c/impair.h`].map((file) => statSync(file).mtimeMs));
  if (!existsSync(output) || statSync(output).mtimeMs < newest) {
    mkdirSync(`${here}build`, { recursive: true });
    // Compiled beside and renamed: test files that run at the same time may build the same program.
    const temporary = `${output}.${process.pid}`;
    execFileSync("gcc", ["-std=c11", "-O2", ...warnings, ...sources, "-o", temporary], { stdio: "inherit" });
    renameSync(temporary, output);
  }
  return output;
}

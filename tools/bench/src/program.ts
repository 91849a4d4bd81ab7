import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));

/** Compiles `c/NAME.c` unless it is there already, and returns the program's path. */
export function compiled(name: string): string {
  const program = `${here}build/${name}`;
  const source = `${here}c/${name}.c`;
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(`${here}build`, { recursive: true });
    execFileSync("gcc", ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", source, "-o", program]);
  }
  return program;
}

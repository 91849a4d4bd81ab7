import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { compile, type Program, packageRoot } from "../../scripts/compile.ts";

/** Where the tests' programs are: never committed. */
export const buildDirectory = join(packageRoot, "build/test");
/** The tender as it is shipped. */
export const tender = join(buildDirectory, "soloist-spt");
/** With sanitizers, ending before the jump into the guest: 0 when it would have run. */
export const checkingTender = join(buildDirectory, "check");
/** With sanitizers, running guests. */
export const sanitizedTender = join(buildDirectory, "sanitized");
/** Writes what passes over an interface to a file. */
export const capture = join(buildDirectory, "soloist-capture");
/** Hands a TAP interface down as a descriptor. */
export const withTap = join(buildDirectory, "with-tap");
/** fuzz.c, with sanitizers. */
export const fuzzer = join(buildDirectory, "fuzz");

const guests = join(packageRoot, "test/guests");

/** Path of the image that guests/NAME.c becomes. */
export function guest(name: "basic" | "block" | "crash" | "gifts" | "net"): string {
  return join(buildDirectory, `${name}.spt`);
}

function newest(directory: string): number {
  return Math.max(...readdirSync(directory).map((name) => statSync(join(directory, name)).mtimeMs));
}

function stale(output: string, directories: readonly string[]): boolean {
  return !existsSync(output) || statSync(output).mtimeMs < Math.max(...directories.map(newest));
}

function compileGuest(name: string): void {
  const output = join(buildDirectory, `${name}.spt`);
  if (!stale(output, [guests, join(packageRoot, "src")])) return;
  const flags =
    "-std=gnu11 -O1 -Wall -Wextra -Werror -Wno-unused-function -ffreestanding -fno-stack-protector -fcf-protection=none -fno-pic -no-pie -nostdlib -static -Wl,-z,noexecstack -Wl,--build-id=none";
  const args = [
    ...flags.split(" "),
    ...["-iquote", join(packageRoot, "src"), `-Wl,-T,${join(guests, "guest.ld")}`],
    ...[join(guests, `${name}.c`), join(guests, "libc.c"), "-o", `${output}.partial`],
  ];
  const { status, stderr } = spawnSync("gcc", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`guest ${name}: ${stderr}`);
  renameSync(`${output}.partial`, output);
}

/** Vitest's global set-up: compiles what is missing or out of date. */
export function setup(): void {
  mkdirSync(buildDirectory, { recursive: true });
  const sources = [
    join(packageRoot, "src"),
    join(packageRoot, "capture"),
    join(packageRoot, "scripts"),
    join(packageRoot, "test/support"),
  ];
  const programs: Program[] = [
    { output: tender },
    { output: checkingTender, sanitize: true, define: ["TENDER_CHECK_ONLY"] },
    { output: sanitizedTender, sanitize: true },
    { output: capture, alone: join(packageRoot, "capture/capture.c") },
    { output: withTap, alone: join(packageRoot, "test/support/with-tap.c") },
    { output: fuzzer, sanitize: true, main: join(packageRoot, "test/support/fuzz.c") },
  ];
  for (const program of programs) if (stale(program.output, sources)) compile(program);
  for (const name of ["basic", "block", "crash", "gifts", "net"]) compileGuest(name);
}

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const warnings = "-std=c11 -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wsign-compare -Werror".split(" ");
const hardening = "-fstack-protector-strong -fcf-protection -fPIE -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now".split(" ");
const sanitizers = "-O1 -g -fPIE -fsanitize=address,undefined -fno-sanitize-recover=all".split(" ");

/** What is to be compiled. */
export interface Program {
  /** Path of the result. */
  readonly output: string;
  /** AddressSanitizer and UndefinedBehaviorSanitizer; linked dynamically then. */
  readonly sanitize?: boolean;
  /** Names to define, as NAME or NAME=VALUE. */
  readonly define?: readonly string[];
  /** Another source than the tender's own; it comes instead of `main.c`. */
  readonly main?: string;
  /** A program without the tender's parts: its only source. */
  readonly alone?: string;
}

/** Thrown with a text for the user: what is missing, or what the compiler said. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}

/** Directory of the package, with a slash at its end. */
export const packageRoot = root;

function gcc(args: readonly string[]): { readonly status: number; readonly output: string } {
  const { status, stderr, error } = spawnSync("gcc", args, { encoding: "utf8" });
  if (error !== undefined) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new CompileError(missing ? "gcc is missing: install it (Debian: apt install gcc libc6-dev)" : error.message);
  }
  return { status: status ?? 1, output: stderr };
}

function checkLibraries(): void {
  const scratch = mkdtempSync(join(tmpdir(), "tender-"));
  const probe = (header: string): boolean => {
    const file = join(scratch, "probe.c");
    writeFileSync(file, `#include <${header}>\n`);
    return gcc(["-E", file, "-o", join(scratch, "probe.i")]).status === 0;
  };
  try {
    if (!probe("unistd.h")) throw new CompileError("libc's headers are missing (Debian: apt install libc6-dev)");
    if (!probe("seccomp.h")) throw new CompileError("libseccomp is missing (Debian: apt install libseccomp-dev)");
    if (!probe("linux/if_tun.h"))
      throw new CompileError("Linux's headers are missing (Debian: apt install linux-libc-dev)");
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/**
 * Compiles the tender, or a program of its parts.
 *
 * @returns how it was linked. Static is the default: it starts 0.2 ms earlier. Systems without static libraries get a
 *   dynamic program. Both are position-independent, so that low addresses stay free for the guest.
 * @throws {CompileError} when a tool is missing or the compiler refuses.
 */
export function compile(program: Program): "static" | "dynamic" {
  checkLibraries();
  const version = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;
  const sources = readdirSync(join(root, "src"))
    .filter((name) => name.endsWith(".c") && (program.main === undefined || name !== "main.c"))
    .map((name) => join(root, "src", name))
    .sort();
  const partial = `${program.output}.partial`;
  const common = [
    ...warnings,
    ...(program.sanitize ? sanitizers : ["-O2", ...hardening]),
    `-DSOLOIST_VERSION="${version}"`,
    ...(program.define ?? []).map((name) => `-D${name}`),
    "-iquote",
    join(root, "src"),
    `-ffile-prefix-map=${root}=`,
    ...(program.alone === undefined ? sources : [program.alone]),
    ...(program.main === undefined ? [] : [program.main]),
    "-o",
    partial,
    "-Wl,--build-id=none",
  ];
  mkdirSync(dirname(program.output), { recursive: true });
  let linked: "static" | "dynamic" = program.sanitize ? "dynamic" : "static";
  let result = gcc([...common, linked === "static" ? "-static-pie" : "-pie", "-lseccomp"]);
  if (result.status !== 0 && linked === "static" && /cannot find -l/.test(result.output)) {
    linked = "dynamic";
    result = gcc([...common, "-pie", "-lseccomp"]);
  }
  if (result.status !== 0) throw new CompileError(`gcc failed:\n${result.output.split("\n").slice(0, 20).join("\n")}`);
  // Running tenders keep the file that they started from.
  renameSync(partial, program.output);
  return linked;
}

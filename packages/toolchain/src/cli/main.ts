import { readFileSync } from "node:fs";
import { BuildError, ImageError, RunError, UsageError } from "../errors.ts";
import { HELP } from "./help.ts";
import { interruptionCode } from "./interruption.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

type Command = (args: string[], terminal: Terminal) => number | Promise<number>;

/** Each loads what it needs and no more: all of them together take 50 ms longer than the largest. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  create: async () => (await import("./create.ts")).createCommand,
  dev: async () => (await import("./dev.ts")).devCommand,
  build: async () => (await import("./build.ts")).buildCommand,
  run: async () => (await import("./run.ts")).runCommand,
  compose: async () => (await import("./compose.ts")).composeCommand,
  package: async () => (await import("./package.ts")).packageCommand,
  test: async () => (await import("./test.ts")).testCommand,
  logs: async () => (await import("./logs.ts")).logsCommand,
  inspect: async () => (await import("./inspect.ts")).inspectCommand,
  doctor: async () => (await import("./doctor.ts")).doctorCommand,
  completion: async () => (await import("./completion.ts")).completionCommand,
};

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** The `soloist` command. Returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = createTerminal();
  // esbuild is written in Go: with the heap of a few more megabytes a bundle takes a fifth less of the processor.
  process.env.GOGC ??= "400";
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    // Ctrl-C at a terminal reaches the bundler and guests, too: what fails then fails for that.
    if (interruptionCode() !== 0) {
      terminal.clearProgress();
      return interruptionCode();
    }
    if (error instanceof UsageError) {
      terminal.error(`soloist: ${error.message}\n`);
      return EXIT_USAGE;
    }
    if (error instanceof BuildError || error instanceof ImageError || error instanceof RunError) {
      terminal.error(`soloist: ${error.message}\n`);
      return EXIT_FAILURE;
    }
    if (isRefusedFile(error)) {
      terminal.error(`soloist: ${error.message}\n`);
      return EXIT_FAILURE;
    }
    terminal.error(`soloist: this is a bug in soloist:\n${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT_FAILURE;
  }
}

/** The file system says no: of a folder that cannot be written, a full disk. Its messages name the path. */
const REFUSALS: readonly unknown[] = ["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOTDIR", "EISDIR", "EEXIST"];

function isRefusedFile(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "path" in error && "code" in error && REFUSALS.includes(error.code);
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "help") {
    terminal.out(HELP);
    return name === undefined ? EXIT_USAGE : 0;
  }
  if (name === "--version") {
    terminal.out(`${version()}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const what = name.startsWith("-") ? "option" : "command";
    throw new UsageError(`unknown ${what} ${name}; there are ${Object.keys(COMMANDS).join(", ")}`);
  }
  return (await command())(rest, terminal);
}

function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

import { readFileSync } from "node:fs";
import { BuildError, ImageError, RunError, UsageError } from "../errors.ts";
import { buildCommand } from "./build.ts";
import { completionCommand } from "./completion.ts";
import { composeCommand } from "./compose.ts";
import { createCommand } from "./create.ts";
import { devCommand } from "./dev.ts";
import { doctorCommand } from "./doctor.ts";
import { HELP } from "./help.ts";
import { inspectCommand } from "./inspect.ts";
import { interruptionCode } from "./interruption.ts";
import { logsCommand } from "./logs.ts";
import { packageCommand } from "./package.ts";
import { runCommand } from "./run.ts";
import { createTerminal, type Terminal } from "./terminal.ts";
import { testCommand } from "./test.ts";

type Command = (args: string[], terminal: Terminal) => number | Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  create: createCommand,
  dev: devCommand,
  build: buildCommand,
  run: runCommand,
  compose: composeCommand,
  package: packageCommand,
  test: testCommand,
  logs: logsCommand,
  inspect: inspectCommand,
  doctor: doctorCommand,
  completion: completionCommand,
};

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** The `soloist` command. Returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = createTerminal();
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
    terminal.error(`soloist: this is a bug in soloist:\n${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT_FAILURE;
  }
}

function dispatch(args: readonly string[], terminal: Terminal): number | Promise<number> {
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
  return command(rest, terminal);
}

function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

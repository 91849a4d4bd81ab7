import { formatError } from "./inspect.ts";
import { isJsonLog, log } from "./log.ts";
import { consoleWrite, exit } from "./platform.ts";

/** Exit codes of the runtime itself; an app's own are what its main returns. */
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

/** Prints a thrown value with its stack, as every error that nobody caught is printed. */
export function printUncaught(title: string, error: unknown): void {
  if (isJsonLog()) log("runtime").error(title, { error });
  else consoleWrite(`${title}: ${formatError(error)}\n`);
}

/** Prints and ends the machine with exit code 1. */
export function fail(title: string, error: unknown): void {
  printUncaught(title, error);
  exit(EXIT_FAILURE);
}

import { fail } from "../report.ts";

/** Treats `error` as one that nobody caught: prints it and ends the image with exit code 1. */
export function reportError(error: unknown): void {
  fail("Uncaught", error);
}

export { reportError as "globalThis.reportError" };

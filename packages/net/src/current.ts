import type { Stack } from "./device.ts";
import { NetworkDownError } from "./errors.ts";

let current: Stack | undefined;

/** Makes `stack` the current one unless there is one: the first stays. For stacks that are not of this package. */
export function registerStack(stack: Stack): Stack {
  current ??= stack;
  return stack;
}

/**
 * The stack that was opened first, for libraries that nobody hands one: `@soloist/node`'s `net`.
 * @throws {NetworkDownError} `ENETDOWN`: before any is open
 */
export function currentStack(): Stack {
  if (current === undefined) {
    throw new NetworkDownError("no network stack is open: give stack() to run(), and wait until main starts");
  }
  return current;
}

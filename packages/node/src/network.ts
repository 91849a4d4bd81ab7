import { currentStack, type Stack } from "@soloist/net";

let chosen: Stack | undefined;

/**
 * Has `net`, `dgram` and `dns` use this stack from now on. Without it they use the one that opened first, which is what an app
 * with one network device wants.
 *
 * @example
 * run([stack({ name: "front" }), stack({ name: "back" })], async (front, back) => {
 *   useStack(back);
 * });
 */
export function useStack(stack: Stack): void {
  chosen = stack;
}

/** @throws {NetworkDownError} `ENETDOWN`: before `run` has opened a stack */
export function network(): Stack {
  return chosen ?? currentStack();
}

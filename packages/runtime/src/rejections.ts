import { fail } from "./report.ts";

/**
 * Promises that were rejected and have no handler, with how many turns they have waited for one. All jobs run between two
 * turns unless the kernel's bound on jobs cuts in, so a handler that is added within a few jobs is never too late.
 */
const pending = new Map<Promise<unknown>, { readonly reason: unknown; turns: number }>();
const TURNS = 2;

/** The engine found that a promise was rejected without a handler, or that it got one after all. */
export function noteRejection(promise: Promise<unknown>, reason: unknown, handled: boolean): void {
  if (handled) pending.delete(promise);
  else pending.set(promise, { reason, turns: 0 });
}

/** Whether a rejection waits for a handler. */
export function hasRejections(): boolean {
  return pending.size > 0;
}

/** Called at each turn: ends the machine for a rejection that is still without a handler. Returns whether to be called again soon. */
export function checkRejections(): boolean {
  if (pending.size === 0) return false;
  for (const rejection of pending.values()) {
    if (++rejection.turns >= TURNS) {
      pending.clear();
      fail("Unhandled rejection", rejection.reason);
      return false;
    }
  }
  return true;
}

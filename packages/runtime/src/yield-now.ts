import { onNextTurn } from "./loop.ts";

/**
 * Lets everything else run once: devices, due timers and other tasks; then goes on. For work that takes long.
 *
 * @example
 * for (const [index, row] of rows.entries()) {
 *   if (index % 1000 === 999) await yieldNow();
 *   add(row);
 * }
 */
export function yieldNow(): Promise<void> {
  return new Promise((resolve) => onNextTurn(resolve));
}

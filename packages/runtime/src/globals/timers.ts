import { addTimer, cancelTimer } from "../loop.ts";
import type { Timer } from "../timer-queue.ts";

/**
 * Timers of the HTML Standard. Differences: a nested timer is not held back to 4 ms, delays may exceed 2^31 - 1 ms, and
 * strings are not compiled.
 */

const active = new Map<number, Timer>();
let lastId = 0;

function start(callback: () => void, delay: number, isRepeated: boolean): number {
  if (typeof callback !== "function") throw new TypeError("the callback of a timer must be a function");
  const milliseconds = delay > 0 && delay < Infinity ? delay : 0;
  const id = ++lastId;
  const fire: () => boolean = isRepeated
    ? () => {
        // Set first, so that the callback can clear it. At least 1 ms, so that an interval of 0 is no busy loop.
        active.set(id, addTimer(Math.max(1, milliseconds), fire));
        callback();
        return true;
      }
    : () => {
        active.delete(id);
        callback();
        return true;
      };
  active.set(id, addTimer(milliseconds, fire));
  return id;
}

function stop(id: number | undefined): void {
  if (id === undefined) return;
  const timer = active.get(id);
  if (timer === undefined) return;
  active.delete(id);
  cancelTimer(timer);
}

export function setTimeout<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  delay = 0,
  ...args: Arguments
): number {
  return start(args.length === 0 ? (callback as () => void) : () => callback(...args), delay, false);
}

export function setInterval<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  delay = 0,
  ...args: Arguments
): number {
  return start(args.length === 0 ? (callback as () => void) : () => callback(...args), delay, true);
}

export function clearTimeout(id: number | undefined): void {
  stop(id);
}

export function clearInterval(id: number | undefined): void {
  stop(id);
}

export {
  clearInterval as "globalThis.clearInterval",
  clearTimeout as "globalThis.clearTimeout",
  setInterval as "globalThis.setInterval",
  setTimeout as "globalThis.setTimeout",
};

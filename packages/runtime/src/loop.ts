import type { Pollable, Wakeup } from "@soloist/interface";
import { monotonic } from "./platform.ts";
import { type Timer, TimerQueue } from "./timer-queue.ts";

/**
 * The one loop. The kernel calls {@link turn}, runs the jobs (promise reactions) that it made, a bounded number of them,
 * and calls it again; it waits only when no job is pending and the time that `turn` returned has not come.
 *
 * In a turn every driven machine is polled, whether a device is ready or not: a task that never stops making jobs cannot
 * keep frames waiting.
 */

const timers = new TimerQueue();
const machines: Pollable[] = [];
let yielding: (() => void)[] = [];
let beforeTurn: (() => boolean) | undefined;
let woken = false;
let now = 0;
/** When this turn should have begun at the latest. */
let dueAt = Infinity;
let onDelay: ((delay: number) => void) | undefined;

/** Time at which the current turn began, milliseconds. */
export function turnTime(): number {
  return now;
}

/**
 * Calls `fire` in `delay` milliseconds. When it returns true, the turn ends there and jobs run before the next timer, as
 * HTML has it for callbacks of `setTimeout`.
 */
export function addTimer(delay: number, fire: Timer["fire"] & object): Timer {
  return timers.add(monotonic() + delay, fire);
}

export function cancelTimer(timer: Timer): void {
  timers.cancel(timer);
}

const wakeup: Wakeup = {
  wake() {
    woken = true;
  },
};

/** Puts a machine into the loop. */
export function drive(machine: Pollable): Wakeup {
  machines.push(machine);
  woken = true;
  return wakeup;
}

/** Ends all machines and timers, for shutdown. */
export function stopLoop(): void {
  machines.length = 0;
}

/** Calls `resume` in the next turn, after the machines were polled. */
export function onNextTurn(resume: () => void): void {
  yielding.push(resume);
}

/** Calls `hook` with how late a turn begins, milliseconds: the time that jobs and machines took since it was due. */
export function onLoopDelay(hook: (delay: number) => void): void {
  onDelay = hook;
}

/** Timers that wait, and machines in the loop. */
export function loopSize(): { readonly timers: number; readonly machines: number } {
  return { timers: timers.size, machines: machines.length };
}

/** Calls `hook` first in each turn; it returns whether it has to be called again at once. */
export function onBeforeTurn(hook: () => boolean): void {
  beforeTurn = hook;
}

/** Does what is due and returns when to be called next, milliseconds on the monotonic clock; Infinity: when a device is ready. */
export function turn(): number {
  now = monotonic();
  if (onDelay !== undefined && now > dueAt) onDelay(now - dueAt);
  let again = beforeTurn?.() ?? false;
  woken = false;
  let next = Infinity;
  for (let index = 0; index < machines.length; index++) {
    const at = machines[index]!.poll(now);
    if (at < next) next = at;
  }
  for (let fire = timers.takeDue(now); fire !== undefined; fire = timers.takeDue(now)) {
    again = true;
    if (fire()) break;
  }
  if (yielding.length > 0) {
    const resumed = yielding;
    yielding = [];
    for (const resume of resumed) resume();
    again = true;
  }
  dueAt = again || woken ? now : Math.min(timers.nextAt(), next);
  return dueAt;
}

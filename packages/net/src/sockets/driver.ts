import type { Pollable, Wakeup } from "@soloist/interface";

/** A machine of a few timers. Times are milliseconds, monotonic. */
export interface Driven {
  pollAt(): number;
  /** Called when the time that `pollAt` said has come. */
  dispatch(now: number): void;
}

/** Runs machines that come and go: resolvers, races, deadlines. Costs a comparison each while nothing is due. */
export class Driver implements Pollable {
  wakeup: Wakeup = { wake() {} };
  readonly #machines = new Set<Driven>();

  /** Runs `machine` from now on. */
  add(machine: Driven): void {
    this.#machines.add(machine);
    this.wakeup.wake();
  }

  remove(machine: Driven): void {
    this.#machines.delete(machine);
  }

  poll(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const machine of this.#machines) {
      if (machine.pollAt() <= now) machine.dispatch(now);
    }
    // What one did may have given another work.
    for (const machine of this.#machines) next = Math.min(next, machine.pollAt());
    return next;
  }
}

/** Calls `passed` once at `at`, unless it is removed before. */
export function deadline(driver: Driver, at: number, passed: () => void): Driven {
  const machine: Driven = {
    pollAt: () => at,
    dispatch() {
      driver.remove(machine);
      passed();
    },
  };
  if (at !== Number.POSITIVE_INFINITY) driver.add(machine);
  return machine;
}

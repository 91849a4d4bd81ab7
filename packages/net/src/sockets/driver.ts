import type { Pollable, Wakeup } from "@soloist/interface";

/** A machine of a few timers. Times are milliseconds, monotonic. */
export interface Driven {
  /** May come nearer only with {@link Driver.wake}. */
  pollAt(): number;
  /** Called when the time that `pollAt` said has come. */
  dispatch(now: number): void;
}

/** Runs machines that come and go: resolvers, races, deadlines. While nothing is due, a poll is one comparison: it comes with every packet. */
export class Driver implements Pollable {
  #wakeup: Wakeup = { wake() {} };
  readonly #machines = new Set<Driven>();
  #next = 0;

  /** Whom to tell that a poll is needed. */
  attach(wakeup: Wakeup): void {
    this.#wakeup = wakeup;
  }

  /** Runs `machine` from now on. */
  add(machine: Driven): void {
    this.#machines.add(machine);
    this.wake();
  }

  remove(machine: Driven): void {
    this.#machines.delete(machine);
  }

  /** Some machine may have work sooner than it said; or a packet was sent, for which an ARP request may be due. */
  wake(): void {
    this.#next = 0;
    this.#wakeup.wake();
  }

  poll(now: number): number {
    if (now < this.#next) return this.#next;
    let next = Number.POSITIVE_INFINITY;
    for (const machine of this.#machines) {
      if (machine.pollAt() <= now) machine.dispatch(now);
    }
    // What one did may have given another work.
    for (const machine of this.#machines) next = Math.min(next, machine.pollAt());
    this.#next = next;
    return next;
  }
}

/** Calls `passed` once at `at`, unless it is removed before. */
export function deadline(driver: Driver, at: number, passed: () => void): Driven {
  const machine: Driven = {
    pollAt: () => at,
    // Not by name: a closure over itself would be left to the collector.
    dispatch(this: Driven) {
      driver.remove(this);
      passed();
    },
  };
  if (at !== Number.POSITIVE_INFINITY) driver.add(machine);
  return machine;
}

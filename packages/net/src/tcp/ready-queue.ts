/** Who is called when there is something to do. */
export interface Waiter {
  wake(): void;
}

/**
 * Calls all whom a poll has woken, in one job of the engine behind it: they may use the stack as they like, which they could not
 * in the middle of a segment. A promise for each would cost 1.7 us.
 */
export class ReadyQueue {
  #waiters: Waiter[] = [];
  /** The list that is being called; others may be woken meanwhile. */
  #called: Waiter[] = [];
  readonly #job = (): void => this.#run();

  push(waiter: Waiter): void {
    if (this.#waiters.push(waiter) === 1) queueMicrotask(this.#job);
  }

  #run(): void {
    const waiters = this.#waiters;
    this.#waiters = this.#called;
    this.#called = waiters;
    for (let index = 0; index < waiters.length; index++) waiters[index]!.wake();
    waiters.length = 0;
  }
}

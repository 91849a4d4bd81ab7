/** Tasks that wait for the same thing, first come, first served. */
export class Waiters<T = void> {
  #first: Waiter<T> | undefined;
  #last: Waiter<T> | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Waits for {@link next} or {@link all}. Rejects with the signal's reason when that is aborted before. */
  wait(signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const waiter: Waiter<T> = { resolve, reject, signal, onAbort: undefined, next: undefined, previous: this.#last };
      if (this.#last === undefined) this.#first = waiter;
      else this.#last.next = waiter;
      this.#last = waiter;
      if (signal !== undefined) {
        waiter.onAbort = () => {
          this.#remove(waiter);
          reject(signal.reason);
        };
        signal.addEventListener("abort", waiter.onAbort, { once: true });
      }
    });
  }

  /** Lets the first one go on; false when nobody waits. */
  next(value: T): boolean {
    const waiter = this.#first;
    if (waiter === undefined) return false;
    this.#remove(waiter);
    waiter.resolve(value);
    return true;
  }

  all(value: T): void {
    while (this.next(value));
  }

  #remove(waiter: Waiter<T>): void {
    if (waiter.previous === undefined) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    if (waiter.onAbort !== undefined) waiter.signal?.removeEventListener("abort", waiter.onAbort);
  }
}

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal | undefined;
  onAbort: (() => void) | undefined;
  next: Waiter<T> | undefined;
  previous: Waiter<T> | undefined;
}

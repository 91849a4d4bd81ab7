import { Waiters } from "./waiters.ts";

/** At most so many at a time, first come, first served. */
export interface Semaphore {
  /** Places that are free now. */
  readonly available: number;
  /** Waits for a place; disposing of it gives it back. */
  acquire(options?: { signal?: AbortSignal }): Promise<Disposable>;
  /** A place if one is free now. */
  tryAcquire(): Disposable | undefined;
}

/**
 * @param places whole number, at least 1
 * @example
 * const downloads = createSemaphore(4);
 * {
 *   using place = await downloads.acquire({ signal });
 *   await download(file);
 * }
 */
export function createSemaphore(places: number): Semaphore {
  if (!Number.isInteger(places) || places < 1) throw new RangeError(`a semaphore has at least 1 place, not ${places}`);
  return new CountingSemaphore(places);
}

class CountingSemaphore implements Semaphore {
  available: number;
  readonly #waiters = new Waiters();

  constructor(places: number) {
    this.available = places;
  }

  async acquire(options: { signal?: AbortSignal } = {}): Promise<Disposable> {
    options.signal?.throwIfAborted();
    // A place that is given back goes straight to the first one who waits: nobody can overtake.
    if (this.available > 0) this.available--;
    else await this.#waiters.wait(options.signal);
    return this.#place();
  }

  tryAcquire(): Disposable | undefined {
    if (this.available === 0) return undefined;
    this.available--;
    return this.#place();
  }

  #place(): Disposable {
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        if (!this.#waiters.next()) this.available++;
      },
    };
  }
}

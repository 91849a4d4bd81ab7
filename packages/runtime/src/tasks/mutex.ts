import { SoloistError } from "@soloist/interface";
import { createSemaphore } from "./semaphore.ts";
import { Waiters } from "./waiters.ts";

/** A held lock; disposing of it unlocks. */
export interface Lock extends Disposable {
  /** Whether it is still held. */
  readonly isHeld: boolean;
}

/** One at a time, first come, first served. */
export interface Mutex {
  readonly isLocked: boolean;
  lock(options?: { signal?: AbortSignal }): Promise<Lock>;
  tryLock(): Lock | undefined;
}

/**
 * @example
 * const mutex = createMutex();
 * {
 *   using lock = await mutex.lock();
 *   balance = await store(balance + 1);
 * }
 */
export function createMutex(): Mutex {
  const semaphore = createSemaphore(1);
  return {
    get isLocked() {
      return semaphore.available === 0;
    },
    lock: async (options) => heldLock(await semaphore.acquire(options)),
    tryLock() {
      const place = semaphore.tryAcquire();
      return place === undefined ? undefined : heldLock(place);
    },
  };
}

function heldLock(place: Disposable): Lock {
  let isHeld = true;
  return {
    get isHeld() {
      return isHeld;
    },
    [Symbol.dispose]() {
      isHeld = false;
      place[Symbol.dispose]();
    },
  };
}

/** Lets tasks wait until another one says that something may have changed. */
export interface Condition {
  /**
   * Unlocks, waits to be notified, and locks again: the lock to go on with is the one that it returns. Check the condition in a loop. When
   * `signal` is aborted it rejects, and nothing is locked.
   */
  wait(lock: Lock, options?: { signal?: AbortSignal }): Promise<Lock>;
  /** Wakes the task that has waited longest, if any. */
  notify(): void;
  notifyAll(): void;
}

/**
 * A condition of what `mutex` protects.
 *
 * @throws SoloistError `EPERM` from `wait` when the lock is not held
 * @example
 * let lock = await mutex.lock();
 * while (queue.length === 0) lock = await notEmpty.wait(lock);
 * const item = queue.shift();
 * lock[Symbol.dispose]();
 */
export function createCondition(mutex: Mutex): Condition {
  const waiters = new Waiters();
  return {
    async wait(lock, options = {}) {
      if (!lock.isHeld) throw new SoloistError("EPERM", "wait() takes a lock that is held");
      const notified = waiters.wait(options.signal);
      lock[Symbol.dispose]();
      await notified;
      return mutex.lock(options);
    },
    notify: () => void waiters.next(),
    notifyAll: () => waiters.all(),
  };
}

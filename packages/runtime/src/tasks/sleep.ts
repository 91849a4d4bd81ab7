import { addTimer, cancelTimer } from "../loop.ts";
import { abortSignal, makeSignal } from "../standards/abort.ts";
import { TimeoutError } from "./errors.ts";

/**
 * Waits for `milliseconds`. Rejects with the signal's reason when that is aborted before.
 *
 * @example
 * await sleep(1000, { signal });
 */
export function sleep(milliseconds: number, options: { signal?: AbortSignal } = {}): Promise<void> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal === undefined) {
      addTimer(milliseconds, resolve);
      return;
    }
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = addTimer(milliseconds, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    const onAbort = () => {
      cancelTimer(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Calls `work` and gives its result, unless `milliseconds` pass first: then its signal is aborted and the promise rejects at
 * once with a {@link TimeoutError}. Work that does not heed the signal goes on, and what comes of it is thrown away.
 *
 * `options.signal` cancels from outside.
 *
 * @throws TimeoutError code `ETIMEDOUT`
 * @example
 * const request = await withTimeout(10_000, ({ signal }) => readRequest(flow, signal));
 */
export function withTimeout<T>(
  milliseconds: number,
  work: (context: { signal: AbortSignal }) => T | PromiseLike<T>,
  options: { signal?: AbortSignal } = {},
): Promise<T> {
  const outer = options.signal;
  const signal = makeSignal();
  return new Promise<T>((resolve, reject) => {
    const giveUp = (reason: unknown) => {
      settle();
      abortSignal(signal, reason);
      reject(reason);
    };
    const onAbort = () => giveUp(outer?.reason);
    const timer = addTimer(milliseconds, () => giveUp(new TimeoutError(milliseconds)));
    const settle = () => {
      cancelTimer(timer);
      outer?.removeEventListener("abort", onAbort);
    };
    if (outer?.aborted) {
      onAbort();
      return;
    }
    outer?.addEventListener("abort", onAbort, { once: true });
    run(work, signal).then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}

async function run<T>(work: (context: { signal: AbortSignal }) => T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return work({ signal });
}

/**
 * Waits for something that cannot be cancelled itself: rejects with the signal's reason once it is aborted, and what comes
 * of `promise` after that is thrown away.
 */
export function interruptible<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      promise.then(undefined, () => {});
      reject(signal.reason);
      return;
    }
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener("abort", onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        reject(error);
      },
    );
  });
}

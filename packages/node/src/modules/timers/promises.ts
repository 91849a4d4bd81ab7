/** `timers/promises` */

export interface WaitOptions {
  readonly signal?: AbortSignal;
}

/** Resolves with `value` after `delay` milliseconds; rejects with the signal's reason. */
export function setTimeout<T = undefined>(delay = 1, value?: T, options: WaitOptions = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal?.aborted) throw signal.reason;
    const onAbort = (): void => {
      globalThis.clearTimeout(id);
      reject(signal!.reason);
    };
    const id = globalThis.setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve(value as T);
    }, delay);
    signal?.addEventListener("abort", onAbort);
  });
}

export function setImmediate<T = undefined>(value?: T, options?: WaitOptions): Promise<T> {
  return setTimeout(0, value, options);
}

export const scheduler: {
  wait(delay: number, options?: WaitOptions): Promise<undefined>;
  yield(): Promise<undefined>;
} = {
  wait: (delay, options) => setTimeout(delay, undefined, options),
  yield: () => setImmediate(),
};

export default { setTimeout, setImmediate, scheduler };

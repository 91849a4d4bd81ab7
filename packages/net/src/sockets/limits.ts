import type { WaitOptions } from "@soloist/interface";
import { TimedOutError } from "../errors.ts";
import { assertTimeout } from "./dns.ts";
import { type Driver, deadline } from "./driver.ts";

/** Calls `passed` after so many milliseconds, unless what it returns is called before. */
export type After = (milliseconds: number, passed: () => void) => () => void;

/** By layer. Beside the sockets, which have no use for a clock unless somebody limits a wait. */
const timers = new WeakMap<object, After>();

/** Says by what the waits of a layer's sockets are limited in time. */
export function limitWaits(layers: readonly object[], driver: Driver, monotonic: () => number): void {
  const after: After = (milliseconds, passed) => {
    const machine = deadline(driver, monotonic() + milliseconds, passed);
    return () => driver.remove(machine);
  };
  for (const layer of layers) timers.set(layer, after);
}

export function timerOf(layer: object): After {
  return timers.get(layer)!;
}

/**
 * A wait that ends when `signal` aborts (with its reason) or `timeout` passes (`ETIMEDOUT`), too. `begin` starts it and returns how
 * it is taken back.
 *
 * @param what has not happened when time is up: "nothing arrived"
 */
export function limited<T>(
  after: After,
  options: WaitOptions,
  what: string,
  begin: (resolve: (value: T) => void, reject: (reason: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal, timeout } = options;
    assertTimeout(timeout);
    if (signal?.aborted) throw signal.reason;
    let cancel: (() => void) | undefined;
    let stop: (() => void) | undefined;
    let onAbort: (() => void) | undefined;
    const end = (): void => {
      stop?.();
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
      // These hold each other: only the collector would free them.
      stop = undefined;
      onAbort = undefined;
      cancel = undefined;
    };
    const giveUp = (reason: unknown): void => {
      const takeBack = cancel;
      end();
      takeBack?.();
      reject(reason);
    };
    onAbort = () => giveUp(signal!.reason);
    if (timeout !== undefined) stop = after(timeout, () => giveUp(new TimedOutError(`${what} within ${timeout} ms`)));
    signal?.addEventListener("abort", onAbort);
    const takeBack = begin(
      (value) => {
        end();
        resolve(value);
      },
      (reason) => {
        end();
        reject(reason);
      },
    );
    // Unless it has ended already.
    if (onAbort !== undefined) cancel = takeBack;
  });
}

/** Calls `close` when `signal` aborts; at once if it has. */
export function closeOnAbort(signal: AbortSignal | undefined, close: () => void): void {
  if (signal === undefined) return;
  if (signal.aborted) close();
  else signal.addEventListener("abort", close, { once: true });
}

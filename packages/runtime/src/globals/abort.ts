import { addTimer } from "../loop.ts";
import { Event, EventTarget } from "./events.ts";

/** Abort signals of the DOM Standard. */

const MAKE = Symbol("make");

/** A signal without a controller; the constructor is no part of the standard's interface. */
export function makeSignal(): AbortSignal {
  return new AbortSignal(MAKE);
}

/** Aborts a signal that is not aborted yet; `undefined` stands for an AbortError. */
export let abortSignal: (signal: AbortSignal, reason?: unknown) => void;

export class AbortSignal extends EventTarget {
  onabort: ((event: Event) => void) | null = null;
  #isAborted = false;
  #reason: unknown;
  /** Signals that `any` made from this one. */
  #dependents: Set<AbortSignal> | undefined;

  constructor(key?: unknown) {
    if (key !== MAKE) throw new TypeError("Illegal constructor: use AbortController");
    super();
  }

  get aborted(): boolean {
    return this.#isAborted;
  }
  get reason(): unknown {
    return this.#reason;
  }
  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }
  override get [Symbol.toStringTag](): string {
    return "AbortSignal";
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = makeSignal();
    abortSignal(signal, reason);
    return signal;
  }

  static timeout(milliseconds: number): AbortSignal {
    const signal = makeSignal();
    addTimer(milliseconds, () => {
      abortSignal(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    });
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const signal = makeSignal();
    const sources = [...signals];
    for (const source of sources) {
      if (source.#isAborted) {
        abortSignal(signal, source.#reason);
        return signal;
      }
    }
    for (const source of sources) {
      source.#dependents ??= new Set();
      source.#dependents.add(signal);
    }
    return signal;
  }

  static {
    abortSignal = (signal, reason = new DOMException("This operation was aborted", "AbortError")) => {
      if (signal.#isAborted) return;
      signal.#isAborted = true;
      signal.#reason = reason;
      const dependents = signal.#dependents;
      signal.#dependents = undefined;
      const event = new Event("abort");
      signal.onabort?.(event);
      signal.dispatchEvent(event);
      if (dependents !== undefined) for (const dependent of dependents) abortSignal(dependent, reason);
    };
  }
}

export class AbortController {
  readonly #signal = makeSignal();

  get signal(): AbortSignal {
    return this.#signal;
  }
  abort(reason?: unknown): void {
    abortSignal(this.#signal, reason);
  }
  get [Symbol.toStringTag](): string {
    return "AbortController";
  }
}

export { AbortController as "globalThis.AbortController", AbortSignal as "globalThis.AbortSignal" };

import { CUSTOM } from "../inspect.ts";
import { addTimer } from "../loop.ts";
import { Event, EventTarget, hasListeners } from "./events.ts";

/** Abort signals of the DOM Standard. */

const MAKE = Symbol("make");

/** The declared global, which the class below implements. */
type Signal = (typeof globalThis.AbortSignal)["prototype"];

/** A signal without a controller; the constructor is no part of the standard's interface. */
export function makeSignal(): Signal {
  return new AbortSignal(MAKE) as unknown as Signal;
}

/** Aborts a signal of this module that is not aborted yet; `undefined` stands for an AbortError. */
export function abortSignal(signal: Signal, reason?: unknown): void {
  abort(signal as unknown as AbortSignal, reason);
}

let abort: (signal: AbortSignal, reason?: unknown) => void;

/** Outside the class, because bundlers rename a class that names itself, and people see the name. */
function makeOwn(): AbortSignal {
  return new AbortSignal(MAKE);
}

export class AbortSignal extends EventTarget {
  #onabort: ((event: Event) => void) | null = null;
  #callHandler: ((event: Event) => void) | undefined;
  #isAborted = false;
  #reason: unknown;
  #dependents: Dependents | undefined;
  /** For a signal that `any` made: what it was made from. */
  #sources: readonly AbortSignal[] | undefined;

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
  get onabort(): ((event: Event) => void) | null {
    return this.#onabort;
  }
  set onabort(listener: ((event: Event) => void) | null) {
    // The first handler takes its place among the listeners; those that follow inherit it.
    this.#callHandler ??= (event) => this.#onabort?.call(this, event);
    if (this.#onabort === null) super.addEventListener("abort", this.#callHandler);
    if (listener === null) super.removeEventListener("abort", this.#callHandler);
    this.#onabort = listener;
    this.#hold();
  }

  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    super.addEventListener(...args);
    this.#hold();
  }
  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    super.removeEventListener(...args);
    this.#hold();
  }
  /** For console. */
  [CUSTOM](): string {
    return `AbortSignal { aborted: ${this.#isAborted} }`;
  }
  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }
  override get [Symbol.toStringTag](): string {
    return "AbortSignal";
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = makeOwn();
    abort(signal, reason);
    return signal;
  }

  static timeout(milliseconds: number): AbortSignal {
    const signal = makeOwn();
    addTimer(milliseconds, () => {
      abort(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    });
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const signal = makeOwn();
    const sources = [...signals];
    for (const source of sources) {
      if (source.#isAborted) {
        abort(signal, source.#reason);
        return signal;
      }
    }
    for (const source of sources) {
      source.#dependents ??= new Dependents();
      source.#dependents.add(signal);
    }
    signal.#sources = sources;
    return signal;
  }

  /** A signal that somebody listens to lives as long as what may abort it. */
  #hold(): void {
    if (this.#sources === undefined) return;
    const isHeld = hasListeners(this, "abort");
    for (const source of this.#sources) source.#dependents?.hold(this, isHeld);
  }

  static {
    abort = (signal, reason = new DOMException("This operation was aborted", "AbortError")) => {
      if (signal.#isAborted) return;
      signal.#isAborted = true;
      signal.#reason = reason;
      const dependents = signal.#dependents;
      signal.#dependents = undefined;
      signal.#sources = undefined;
      signal.dispatchEvent(new Event("abort"));
      if (dependents !== undefined) for (const dependent of dependents.live()) abort(dependent, reason);
    };
  }
}

/**
 * Signals that `any` made from one, held weakly unless somebody listens to them: a server that makes one from its own
 * signal for each request must not collect them.
 */
class Dependents {
  #weak: WeakRef<AbortSignal>[] = [];
  readonly #held = new Set<AbortSignal>();
  #sweepAt = 32;

  add(signal: AbortSignal): void {
    if (this.#weak.length >= this.#sweepAt) {
      this.#weak = this.#weak.filter((reference) => reference.deref() !== undefined);
      this.#sweepAt = 2 * this.#weak.length + 32;
    }
    this.#weak.push(new WeakRef(signal));
  }

  hold(signal: AbortSignal, isHeld: boolean): void {
    if (isHeld) this.#held.add(signal);
    else this.#held.delete(signal);
  }

  live(): AbortSignal[] {
    return this.#weak.flatMap((reference) => reference.deref() ?? []);
  }
}

export class AbortController {
  readonly #signal = new AbortSignal(MAKE);

  get signal(): AbortSignal {
    return this.#signal;
  }
  abort(reason?: unknown): void {
    abort(this.#signal, reason);
  }
  get [Symbol.toStringTag](): string {
    return "AbortController";
  }
}

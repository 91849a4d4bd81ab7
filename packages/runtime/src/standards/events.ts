import { monotonic } from "../platform.ts";

/** Events of the DOM Standard, without a tree: the path of an event is its target alone. */

interface Init {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

type Callback = ((event: Event) => void) | { handleEvent(event: Event): void };

interface ListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  /** Any signal that says when it is aborted. */
  signal?: { readonly aborted: boolean; addEventListener(type: string, remove: () => void, options: object): void };
}

const NONE = 0;
const AT_TARGET = 2;

/** Runs `listeners` of `target`; false when one of them prevented the default. Has access to the event's state. */
let dispatch: (event: Event, target: EventTarget, listeners: readonly Listener[]) => boolean;

export class Event {
  static readonly NONE = NONE;
  static readonly CAPTURING_PHASE = 1;
  static readonly AT_TARGET = AT_TARGET;
  static readonly BUBBLING_PHASE = 3;

  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  readonly timeStamp: number;
  #target: EventTarget | null = null;
  #isDispatched = false;
  #isCanceled = false;
  #isStopped = false;
  /** Set while a passive listener runs. */
  #isPassive = false;

  constructor(type: string, init: Init = {}) {
    if (type === undefined) throw new TypeError("an Event needs a type");
    this.type = String(type);
    this.bubbles = Boolean(init.bubbles);
    this.cancelable = Boolean(init.cancelable);
    this.composed = Boolean(init.composed);
    this.timeStamp = monotonic();
  }

  get target(): EventTarget | null {
    return this.#target;
  }
  get srcElement(): EventTarget | null {
    return this.#target;
  }
  get currentTarget(): EventTarget | null {
    return this.#isDispatched ? this.#target : null;
  }
  get eventPhase(): number {
    return this.#isDispatched ? AT_TARGET : NONE;
  }
  get defaultPrevented(): boolean {
    return this.#isCanceled;
  }
  get returnValue(): boolean {
    return !this.#isCanceled;
  }
  get isTrusted(): boolean {
    return false;
  }
  get cancelBubble(): boolean {
    return this.#isStopped;
  }
  composedPath(): EventTarget[] {
    return this.#isDispatched && this.#target !== null ? [this.#target] : [];
  }
  preventDefault(): void {
    if (this.cancelable && !this.#isPassive) this.#isCanceled = true;
  }
  /** Without a tree there is nowhere to go on to. */
  stopPropagation(): void {}
  stopImmediatePropagation(): void {
    this.#isStopped = true;
  }
  get [Symbol.toStringTag](): string {
    return "Event";
  }

  static {
    dispatch = (event, target, listeners) => {
      if (event.#isDispatched) throw new DOMException("the event is being dispatched already", "InvalidStateError");
      event.#target = target;
      event.#isDispatched = true;
      event.#isStopped = false;
      for (const listener of listeners) {
        if (event.#isStopped) break;
        if (listener.isRemoved) continue;
        if (listener.isOnce) listener.remove();
        event.#isPassive = listener.isPassive;
        callListener(listener.callback, target, event);
      }
      event.#isPassive = false;
      event.#isDispatched = false;
      return !event.#isCanceled;
    };
  }
}

function callListener(callback: Callback, target: EventTarget, event: Event): void {
  try {
    if (typeof callback === "function") callback.call(target, event);
    else callback.handleEvent(event);
  } catch (error) {
    // An error of a listener does not stop the others; like one that nobody caught it ends the machine.
    queueMicrotask(() => {
      throw error;
    });
  }
}

export class CustomEvent<T = unknown> extends Event {
  readonly detail: T;

  constructor(type: string, init: Init & { detail?: T } = {}) {
    super(type, init);
    this.detail = init.detail ?? (null as T);
  }
  override get [Symbol.toStringTag](): string {
    return "CustomEvent";
  }
}

interface Listener {
  readonly callback: Callback;
  readonly isCapture: boolean;
  readonly isOnce: boolean;
  readonly isPassive: boolean;
  isRemoved: boolean;
  remove(): void;
}

/** Whether anything listens for events of `type` at `target`. */
export let hasListeners: (target: EventTarget, type: string) => boolean;

export class EventTarget {
  #listeners: Map<string, Listener[]> | undefined;

  static {
    hasListeners = (target, type) => target.#listeners?.has(type) ?? false;
  }

  addEventListener(type: string, callback: Callback | null, options: boolean | ListenerOptions = {}): void {
    if (callback === null || callback === undefined) return;
    const {
      capture = false,
      once = false,
      passive = false,
      signal,
    } = typeof options === "boolean" ? { capture: options } : (options as ListenerOptions);
    if (signal?.aborted) return;
    this.#listeners ??= new Map();
    let list = this.#listeners.get(type);
    if (list === undefined) {
      list = [];
      this.#listeners.set(type, list);
    }
    if (list.some((other) => other.callback === callback && other.isCapture === capture)) return;
    const remove = () => this.removeEventListener(type, callback, { capture });
    list.push({ callback, isCapture: capture, isOnce: once, isPassive: passive, isRemoved: false, remove });
    signal?.addEventListener("abort", remove, { once: true });
  }

  removeEventListener(type: string, callback: Callback | null, options: boolean | { capture?: boolean } = {}): void {
    const isCapture = typeof options === "boolean" ? options : Boolean(options.capture);
    const list = this.#listeners?.get(type);
    const index = list?.findIndex((other) => other.callback === callback && other.isCapture === isCapture) ?? -1;
    if (list === undefined || index < 0) return;
    list[index]!.isRemoved = true;
    list.splice(index, 1);
    if (list.length === 0) this.#listeners?.delete(type);
  }

  dispatchEvent(event: Event): boolean {
    if (!(event instanceof Event)) throw new TypeError("dispatchEvent() takes an Event");
    const list = this.#listeners?.get(event.type);
    return dispatch(event, this, list === undefined ? [] : [...list]);
  }

  get [Symbol.toStringTag](): string {
    return "EventTarget";
  }
}

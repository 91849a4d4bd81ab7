import type { Flow } from "@soloist/interface";

/**
 * Unread bytes of one connection. While a turn runs they are in the window that all connections share; between turns they are
 * in a buffer of their own, which is nearly always none: never in both.
 */
export class Input {
  // Unread part of the window, during a turn.
  from = 0;
  to = 0;
  /** Whether something was left unread. */
  waiting = false;
  /** Bytes that the window holds. A field: the length of a typed array is a getter, and each turn asks. */
  readonly size: number;
  readonly #flow: Flow;
  readonly #window: Uint8Array;
  #rest: Uint8Array | undefined = undefined;

  constructor(flow: Flow, window: Uint8Array) {
    this.#flow = flow;
    this.#window = window;
    this.size = window.length;
  }

  /** A turn begins. */
  load(): void {
    this.from = 0;
    this.to = 0;
    if (!this.waiting) return;
    const rest = this.take()!;
    this.#window.set(rest);
    this.to = rest.length;
  }

  /** A turn ends. */
  save(): void {
    if (this.to > this.from) {
      this.#rest = this.#window.slice(this.from, this.to);
      this.waiting = true;
    }
    this.from = 0;
    this.to = 0;
  }

  /** What was left unread, for somebody else. */
  take(): Uint8Array | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    this.waiting = false;
    return rest;
  }

  /** Makes room behind the unread bytes and returns how much there is. */
  makeRoom(): number {
    const { size } = this;
    if (this.from === this.to) {
      this.from = 0;
      this.to = 0;
    } else if (this.to === size) {
      if (this.from === 0) throw new Error("A request head does not fit into the window");
      this.#window.copyWithin(0, this.from, this.to);
      this.to -= this.from;
      this.from = 0;
    }
    return size - this.to;
  }

  /** Reads as {@link read} does, in the place of bytes that are used up: there are none unread. */
  refill(): number {
    const length = this.#flow.readInto(this.#window, 0);
    this.from = 0;
    this.to = length > 0 ? length : 0;
    return length;
  }

  /** Reads one byte at most, between turns and while nothing is left unread: no more is kept for a client that sends ahead. */
  listen(): number {
    const last = this.size - 1;
    const length = this.#flow.readInto(this.#window, last);
    this.from = last;
    this.to = length > 0 ? this.size : last;
    this.save();
    return length;
  }

  /** Reads what has arrived and returns how many bytes; 0: nothing yet; -1: the end. */
  read(): number {
    const length = this.#flow.readInto(this.#window, this.to);
    if (length > 0) this.to += length;
    return length;
  }
}

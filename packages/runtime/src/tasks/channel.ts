import { SoloistError } from "@soloist/interface";
import { Waiters } from "./waiters.ts";

/**
 * A queue of bounded length between tasks.
 *
 * Values come out in the order in which they went in. `close()` ends it: what is in it can still be received.
 */
export interface Channel<T> extends AsyncIterable<T>, Disposable {
  /** Values in the channel. */
  readonly size: number;
  readonly isClosed: boolean;
  /** Waits until there is room. Rejects with `EPIPE` when the channel is closed. */
  send(value: T, options?: { signal?: AbortSignal }): Promise<void>;
  /** False when there is no room, or the channel is closed. */
  trySend(value: T): boolean;
  /** Waits for a value; `undefined` once the channel is closed and empty. */
  receive(options?: { signal?: AbortSignal }): Promise<T | undefined>;
  close(): void;
}

/**
 * @param capacity values that fit, at least 1
 * @example
 * const lines = createChannel<string>(16);
 * s.spawn(async () => { for await (const line of lines) console.log(line); });
 * await lines.send("first");
 * lines.close();
 */
export function createChannel<T>(capacity: number): Channel<T> {
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new RangeError(`a channel has room for at least 1 value, not ${capacity}`);
  }
  return new BoundedChannel(capacity);
}

class BoundedChannel<T> implements Channel<T> {
  readonly #capacity: number;
  readonly #values: T[] = [];
  readonly #receivers = new Waiters();
  readonly #senders = new Waiters();
  isClosed = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#values.length;
  }

  async send(value: T, options: { signal?: AbortSignal } = {}): Promise<void> {
    options.signal?.throwIfAborted();
    while (!this.#put(value)) {
      if (this.isClosed) throw new SoloistError("EPIPE", "the channel is closed");
      await this.#senders.wait(options.signal);
    }
  }

  trySend(value: T): boolean {
    return this.#put(value);
  }

  async receive(options: { signal?: AbortSignal } = {}): Promise<T | undefined> {
    options.signal?.throwIfAborted();
    while (this.#values.length === 0) {
      if (this.isClosed) return undefined;
      await this.#receivers.wait(options.signal);
    }
    const value = this.#values.shift() as T;
    this.#senders.next();
    // The wake-up of another receiver may have been spent on us, who found the value before it.
    if (this.#values.length > 0) this.#receivers.next();
    return value;
  }

  close(): void {
    this.isClosed = true;
    this.#receivers.all();
    this.#senders.all();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const value = await this.receive();
      if (value === undefined && this.isClosed) return;
      yield value as T;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #put(value: T): boolean {
    if (this.isClosed || this.#values.length >= this.#capacity) return false;
    this.#values.push(value);
    this.#receivers.next();
    return true;
  }
}

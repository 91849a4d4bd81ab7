import type { ByteHelpers } from "./byte-helpers.ts";
import type { Logger } from "./log.ts";

/** One end of a connection. */
export interface Endpoint {
  /** As text: `10.0.0.2`, `2001:db8::1`. */
  readonly address: string;
  readonly port: number;
}

/** How long a call may wait; what it waited for goes on. */
export interface WaitOptions {
  /** Gives up: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call rejects with `ETIMEDOUT`. Default: as long as it takes. */
  readonly timeout?: number | undefined;
}

/**
 * A stream of bytes in both directions, as TCP gives it.
 *
 * `read`, `write`, `shutdown` and `close` are for everybody. `readable` and `writable` are the same for what takes web streams. Those
 * behind them do it without a promise or a copy for each call; servers that count microseconds use them.
 *
 * When the peer resets the connection, or it times out, pending and later calls reject with a {@link SoloistError}:
 * `ECONNRESET`, `ETIMEDOUT`; after `abort()`: `ECONNABORTED`.
 */
export interface Flow extends AsyncDisposable {
  readonly remote: Endpoint;
  readonly local: Endpoint;

  /** The bytes that have arrived, at least one; waits for them. `undefined` at the end of the stream. A wait that was given up loses nothing. */
  read(options?: WaitOptions): Promise<Uint8Array | undefined>;
  /** Resolves when all of `data` has been taken into the send buffer: that is the back-pressure. */
  write(data: Uint8Array | string): Promise<void>;
  /** Ends our direction once all is sent; reading goes on. `EPIPE` for writes after it. */
  shutdown(): void;
  /** Ends our direction, throws away what still arrives, and resolves when everything sent was acknowledged. */
  close(): Promise<void>;
  /** Resets the connection at once. */
  abort(): void;

  /**
   * What arrives, as a stream of bytes; made when it is asked for first, and from then on the one that reads. It reads nothing
   * ahead, so that who does not read holds the peer back. `cancel()` throws away what still arrives.
   *
   * `ENOSYS` where there are no web streams: @soloist/net says how an image gets them.
   */
  readonly readable: ReadableStream<Uint8Array>;
  /** What is written, made when it is asked for first. `close()` is `shutdown`, `abort()` is `abort`; writers wait as in `write`. */
  readonly writable: WritableStream<Uint8Array | string>;

  /** Copies what has arrived into `into` from `offset` on and returns how many bytes; 0: nothing yet; -1: end of the stream. */
  readInto(into: Uint8Array, offset: number): number;
  /** Resolves when `readInto` has something to say: bytes, the end, or an error. */
  whenReadable(): Promise<void>;
  /**
   * As `whenReadable`, by a call in place of a promise: `waiter.wake()` is called once, from a job of its own and never before
   * this returns. One may wait so at a time; it must not throw. Absent where promises are as good.
   */
  wakeWhenReadable?(waiter: { wake(): void }): void;
  /** Takes up to `length` bytes of `from` and returns how many were taken; 0 while the send buffer is full. */
  writeFrom(from: Uint8Array, offset: number, length: number): number;
  /** Resolves when `writeFrom` has room again or will throw. */
  whenWritable(): Promise<void>;
}

/**
 * Connections that arrive at one port.
 *
 * @example
 * for await (const flow of tcp.listen({ port: 7 })) spawn(() => echo(flow));
 */
export interface Listener extends AsyncIterable<Flow>, AsyncDisposable {
  readonly local: Endpoint;
  /** The host's helpers, so that protocols above need nothing but the listener: web parses and answers with them. */
  readonly bytes: ByteHelpers;
  /** The host's loggers, for protocols above in the same way; without them they use the console. */
  readonly log?: ((source: string) => Logger) | undefined;
  /** The next connection, `undefined` once the listener is closed. A wait that was given up loses none. */
  accept(options?: WaitOptions): Promise<Flow | undefined>;
  /** Stops accepting; connections that were accepted go on. */
  close(): void;
}

/**
 * Opens connections to hosts, by name or address: what clients are given, such as the `tcp` of a network stack.
 *
 * @example
 * const fetch = createFetch(tcp);
 */
export interface Connector {
  /** The host's helpers, as a {@link Listener} has them; without them clients use portable ones. */
  readonly bytes?: ByteHelpers;
  /**
   * `timeout`: milliseconds for all of it; `signal` gives up.
   *
   * @throws {SoloistError} `ECONNREFUSED`, `ETIMEDOUT`, `ENOTFOUND`…, or the signal's reason
   */
  connect(options: {
    readonly host: string;
    readonly port: number;
    readonly signal?: AbortSignal;
    readonly timeout?: number;
  }): Promise<Flow>;
}

import { type Flow, SoloistError } from "@soloist/interface";
import { type HeldStream, HOLD } from "./fetch/carried.ts";
import { type Headers, headersOf } from "./fetch/headers.ts";
import { TRAILERS, type TrailedStream } from "./fetch/trailers.ts";
import { CONTENT, CONTENT_END, CONTENT_FAILED, MORE, type ServerConnection } from "./http/connection.ts";
import { REFUSALS, type Refusal } from "./http/refusal.ts";
import { reasonOf } from "./http/status.ts";
import { HttpError } from "./http-error.ts";
import type { Input } from "./input.ts";
import type { Server } from "./serve.ts";

/** Where content comes from: a session. */
export interface ContentSource {
  readonly server: Server;
  readonly flow: Flow;
  readonly connection: ServerConnection;
  readonly input: Input;
  /** The content that may still be read: of the request that is being answered. */
  readonly body: IncomingBody | undefined;
  /** Whether the connection is gone. */
  readonly ended: boolean;
  /** Waits until all output is with the flow. */
  drain(): Promise<void>;
  /** The client is waited for, or not any more. */
  waitForContent(waiting: boolean): void;
  /** Notes why the content is not read any further. */
  count(refusal: Refusal): void;
  /** So many bytes more of the content are kept until the answer. @throws HttpError 503 */
  hold(bytes: number): void;
  /** All of the content was read. */
  contentRead(): void;
  /** The client has ended the connection. */
  clientGone(): void;
}

/** Content that is read from the connection when it is asked for, so that a slow handler slows its client down. */
export class IncomingBody implements TrailedStream, HeldStream {
  readonly #source: ContentSource;
  /** Fields behind the content, once it was read to its end. */
  #trailers: Headers | undefined = undefined;
  /** Bytes that were read, sweeps that waited for them, and what ends the wait. */
  #bytes = 0;
  #ticks = 0;
  #giveUp: (() => void) | undefined = undefined;
  /** Whether it was read to its end. */
  ended = false;

  constructor(source: ContentSource) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    for (;;) {
      const piece = await this.#read();
      if (piece === undefined) return;
      yield piece;
    }
  }

  [TRAILERS](): Headers | undefined {
    return this.#trailers;
  }

  [HOLD](bytes: number): void {
    if (this.#source.body === this) this.#source.hold(bytes);
  }

  /** Called once a second while the client is waited for, `age` seconds since its last byte: too slow is too slow. */
  sweep(age: number): void {
    const { stallTicks, minBodyRate } = this.#source.server;
    const slow = ++this.#ticks > stallTicks && this.#bytes < this.#ticks * minBodyRate;
    if (age > stallTicks || slow) this.#giveUp?.();
  }

  /** The next piece; `undefined` at the end. */
  async #read(): Promise<Uint8Array | undefined> {
    const source = this.#source;
    const { connection, input } = source;
    const { parser } = connection;
    const { window } = source.server;
    if (connection.continueDue && !input.waiting) {
      await source.drain();
      connection.sendContinue();
      await source.drain();
    }
    for (;;) {
      if (source.ended) throw cutShort();
      if (source.body !== this) throw new HttpError(400, "The request was answered already; its content is gone");
      input.load();
      const event = connection.next(window, input.from, input.to);
      input.from = parser.next;
      if (event === CONTENT) {
        const piece = window.slice(parser.dataStart, parser.dataEnd);
        input.save();
        return piece;
      }
      if (event === CONTENT_END) {
        if (parser.headers.chunked) this.#trailers = headersOf(parser.trailers);
        input.save();
        this.ended = true;
        source.contentRead();
        return undefined;
      }
      if (event === CONTENT_FAILED) {
        const refusal = connection.refusal!;
        source.count(refusal);
        throw new HttpError(refusal.status, `${refusal.status} ${reasonOf(refusal.status)}: ${refusal.code}`);
      }
      const length = event === MORE ? this.#receive() : -1;
      if (length > 0) this.#bytes += length;
      input.save();
      if (length < 0) {
        connection.closing = true;
        source.clientGone();
        throw cutShort();
      }
      if (length === 0) await this.#wait();
    }
  }

  /** Reads what has arrived; -1 also when the connection is lost: that is the client's doing, and no failure of the handler. */
  #receive(): number {
    try {
      return this.#source.input.read();
    } catch (error) {
      if (error instanceof SoloistError) return -1;
      throw error;
    }
  }

  async #wait(): Promise<void> {
    const source = this.#source;
    source.waitForContent(true);
    const late = new Promise<true>((resolve) => {
      this.#giveUp = () => resolve(true);
    });
    const isLate = await Promise.race([source.flow.whenReadable(), late]);
    if (source.body !== this) return;
    source.waitForContent(false);
    if (isLate !== true) return;
    // Whatever the handler makes of it, the rest of this content is not waited for.
    source.connection.stopping = true;
    source.server.counters.timeouts++;
    source.count(REFUSALS.bodyTooSlow);
    throw new HttpError(408, "The request's content came too slowly", { code: "ERR_BODY_TIMEOUT" });
  }
}

function cutShort(): HttpError {
  return new HttpError(400, "The request's content was cut short", { code: "ERR_CUT_SHORT" });
}

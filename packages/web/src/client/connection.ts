import type { Flow } from "@soloist/interface";
import { bytes } from "../bytes.ts";
import type { Limits } from "../http/limits.ts";
import { BODY, END, FAILED, HEAD } from "../http/message-parser.ts";
import { ResponseParser } from "../http/response-parser.ts";
import { FetchError } from "./errors.ts";

/** Bytes of a response that are read at a time; a head must fit. */
const WINDOW = 32 * 1024;
/** Interim responses (RFC 9110 15.2) that a server may send before it answers. */
const MAX_INTERIM = 16;

/** One connection to a server, which carries requests one after another. */
export class ClientConnection {
  readonly flow: Flow;
  readonly parser: ResponseParser;
  /** Requests that were begun on it. */
  requests = 0;
  /** Sweep of the pool at which it became idle, or the server was last known to move. */
  since = 0;
  /** Whether the request has been sent whole. */
  sent = true;
  #reading = false;
  #writing = false;
  /** Whether a byte of the answer has arrived. */
  answered = false;

  readonly #clock: { readonly tick: number };
  /** Only while there is something in it: an idle connection holds no memory for it. */
  #window: Uint8Array<ArrayBuffer> | undefined = undefined;
  #from = 0;
  #to = 0;
  #failure: unknown = undefined;

  constructor(flow: Flow, limits: Limits, clock: { readonly tick: number }) {
    this.flow = flow;
    this.parser = new ResponseParser(limits);
    this.#clock = clock;
  }

  /** Whether an idle connection can carry a request: the server has neither closed it nor said anything unasked. */
  get fresh(): boolean {
    try {
      return this.flow.readInto(new Uint8Array(1), 0) === 0;
    } catch {
      return false;
    }
  }

  /** Whether the answer is complete and another request may follow. */
  get reusable(): boolean {
    const { parser } = this;
    return this.sent && !parser.inMessage && parser.keepAlive && this.#from === this.#to && this.#failure === undefined;
  }

  /** Whether the server is waited for, and not the caller's own stream. */
  get waiting(): boolean {
    return this.#writing || (this.#reading && this.sent);
  }

  /** A request begins. */
  begin(method: string): void {
    this.parser.expect(method);
    this.requests++;
    this.answered = false;
    this.sent = false;
  }

  /** The request has been sent whole. */
  finished(): void {
    this.sent = true;
    this.since = this.#clock.tick;
  }

  /** Ends the connection at once; whoever waits for it gets `reason`. */
  abort(reason?: unknown): void {
    this.#failure ??= reason;
    this.flow.abort();
  }

  /** What really went wrong when the flow failed. */
  because(error: unknown): unknown {
    return this.#failure ?? error;
  }

  async write(data: Uint8Array): Promise<void> {
    let at = 0;
    while (at < data.length) {
      const taken = this.flow.writeFrom(data, at, data.length - at);
      at += taken;
      if (at === data.length) break;
      this.since = this.#clock.tick;
      this.#writing = true;
      await this.flow.whenWritable();
      this.#writing = false;
    }
  }

  /** Reads up to the head of the answer: see `parser`. */
  async readHead(): Promise<{ readonly reason: string }> {
    const { parser } = this;
    for (let interim = 0; ; ) {
      const event = this.#parse();
      if (event === HEAD) {
        // Nobody asked for another protocol.
        if (parser.status === 101)
          throw new FetchError("ERR_RESPONSE", "The server switches to another protocol unasked");
        if (parser.status < 200) {
          if (++interim > MAX_INTERIM)
            throw new FetchError("ERR_RESPONSE", "The server never answers, it only says 1xx");
          continue;
        }
        const { reasonStart, reasonEnd } = parser;
        return { reason: bytes.latin1Decode(this.#window!, reasonStart, reasonEnd - reasonStart) };
      }
      if (event === FAILED) throw refused(parser);
      if (!(await this.#more())) throw cutShort();
    }
  }

  /** The content, when all of it has arrived; else `undefined`, and `readContent` gives it piece by piece. */
  takeContent(): Uint8Array | undefined {
    const { parser } = this;
    if (parser.headers.chunked || parser.untilClose || parser.remaining > this.#to - this.#from) return undefined;
    this.#parse();
    const content = this.#window!.slice(parser.dataStart, parser.dataEnd);
    this.#parse();
    return content;
  }

  /** The next piece of content; `undefined` at its end. */
  async readContent(): Promise<Uint8Array | undefined> {
    const { parser } = this;
    for (;;) {
      const event = this.#parse();
      if (event === BODY) return this.#window!.slice(parser.dataStart, parser.dataEnd);
      if (event === END) return undefined;
      if (event === FAILED) throw refused(parser);
      if (await this.#more()) continue;
      if (parser.endsHere()) return undefined;
      throw cutShort();
    }
  }

  /** Gives the window back. */
  rest(): void {
    if (this.#from === this.#to) this.#window = undefined;
    this.#from = 0;
    this.#to = 0;
  }

  #parse() {
    this.#window ??= new Uint8Array(WINDOW);
    const event = this.parser.parse(this.#window, this.#from, this.#to);
    this.#from = this.parser.next;
    return event;
  }

  /** Waits for more; false at the end of the stream. */
  async #more(): Promise<boolean> {
    const window = this.#window!;
    if (this.#from === this.#to) {
      this.#from = 0;
      this.#to = 0;
    } else if (this.#to === window.length) {
      if (this.#from === 0) throw new FetchError("ERR_RESPONSE", "A response's head does not fit into the window");
      window.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    for (;;) {
      const length = this.flow.readInto(window, this.#to);
      if (length > 0) {
        this.answered = true;
        this.#to += length;
        return true;
      }
      if (length < 0) return false;
      this.since = this.#clock.tick;
      this.#reading = true;
      await this.flow.whenReadable();
      this.#reading = false;
    }
  }
}

function refused(parser: ResponseParser): FetchError {
  const { code } = parser.refusal!;
  return new FetchError("ERR_RESPONSE", `The response breaks HTTP: ${code}`, { cause: parser.refusal });
}

function cutShort(): FetchError {
  return new FetchError("ERR_CUT_SHORT", "The connection ended before the response did");
}

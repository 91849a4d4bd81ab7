import { bytes, utf8 } from "../bytes.ts";
import type { BodyStream, Content } from "../fetch/body.ts";
import { type Fields, type Headers, headerFields, headerList } from "../fetch/headers.ts";
import type { ResponseSink } from "../fetch/response.ts";
import { isTrailed, TRAILERS, type TrailedStream } from "../fetch/trailers.ts";
import type { HeaderBlock } from "./header-block.ts";
import type { Limits } from "./limits.ts";
import { BODY, END, HEAD, NEED_MORE, NOT_A_TRAILER } from "./message-parser.ts";
import { COPY_LIMIT, type Output } from "./output.ts";
import type { Refusal } from "./refusal.ts";
import { RequestParser } from "./request-parser.ts";
import { CONTENT_TYPES, FETCH_TEXT, type Kind, type ResponseHeads, TEXT } from "./response-heads.ts";
import { reasonOf } from "./status.ts";

/** The window is used up: read more, and call again with the unread bytes in front. */
export const MORE = 0;
/** A request: see `method`, `headers` and the target in the window. Answer it before you ask for the next. */
export const REQUEST = 1;
/** A piece of the request's content, `[parser.dataStart, parser.dataEnd)` of the window. */
export const CONTENT = 2;
/** The request's content is complete. */
export const CONTENT_END = 3;
/** The request's content is broken, before it was answered: see `refusal`. The answer will be the connection's last. */
export const CONTENT_FAILED = 4;
/** Nothing more is read: close once the output is sent. */
export const CLOSED = 5;

export type ConnectionEvent =
  | typeof MORE
  | typeof REQUEST
  | typeof CONTENT
  | typeof CONTENT_END
  | typeof CONTENT_FAILED
  | typeof CLOSED;

/** Unread content up to this size is read and dropped, so that the connection can go on; beyond it, closing is cheaper. */
const DRAIN_LIMIT = 64 * 1024;

const CONTINUE = Uint8Array.from("HTTP/1.1 100 Continue\r\n\r\n", (character) => character.charCodeAt(0));
/** RFC 9112 6.1: a 1xx has no framing. */
const UNUSED_BY_101 = /^(connection|keep-alive|transfer-encoding|content-length)$/;
const LAST_CHUNK = Uint8Array.of(0x30, 13, 10, 13, 10);

/**
 * The server's end of one HTTP/1.1 connection: bytes in, requests out; responses in, bytes out, in order. It reads no
 * clock, waits for nothing, and holds no input.
 *
 * @example
 * while (connection.next(window, at, end) === REQUEST) {
 *   at = connection.parser.next;
 *   connection.sendText("Hello\n");
 * }
 */
export class ServerConnection implements ResponseSink {
  readonly parser: RequestParser;
  readonly output: Output;
  readonly heads: ResponseHeads;
  /** Set to end the connection with the answer that comes next: the server stops. */
  stopping = false;
  /** Whether the connection ends once the output is sent. */
  closing = false;
  /** Whether the client waits for "100 Continue" before it sends its content. RFC 9110 10.1.1. */
  continueDue = false;
  /** The stream that the last `send` was given: its pieces go through `chunk`, its end through `finish`. */
  stream: BodyStream | undefined = undefined;

  #keepAlive = true;
  /** Nothing about the answer is special: a cached head fits. */
  #plain = false;
  #answered = true;
  #contentOpen = false;
  #chunked = false;
  #drained = 0;
  /** The stream, when it has trailers and the client wants them. */
  #trailed: TrailedStream | undefined = undefined;

  constructor(limits: Limits, output: Output, heads: ResponseHeads) {
    this.parser = new RequestParser(limits);
    this.output = output;
    this.heads = heads;
  }

  get method(): string {
    return this.parser.method;
  }

  get headers(): HeaderBlock {
    return this.parser.headers;
  }

  get refusal(): Refusal | undefined {
    return this.parser.refusal;
  }

  /** Whether a request waits for its answer. */
  get unanswered(): boolean {
    return !this.#answered;
  }

  /** The next event in `[start, end)` of `window`; `parser.next` is then the offset of what was not read. */
  next(window: Uint8Array, start: number, end: number): ConnectionEvent {
    const parser = this.parser;
    if (this.closing) {
      parser.next = start;
      return CLOSED;
    }
    const event = parser.parse(window, start, end);
    if (event === HEAD) {
      if (parser.plain) {
        this.#answered = false;
        this.#keepAlive = true;
        this.#plain = true;
        return REQUEST;
      }
      const headers = parser.headers;
      this.#answered = false;
      this.#contentOpen = parser.hasBody;
      const later = parser.minorVersion === 1;
      this.#keepAlive = !headers.close && (later || headers.keepAlive);
      this.#plain = this.#keepAlive && later && !this.#contentOpen && parser.method !== "HEAD";
      // RFC 9110 10.1.1: an expectation from HTTP/1.0, or without content, is ignored.
      this.continueDue = headers.expectContinue && later && this.#contentOpen;
      return REQUEST;
    }
    if (event === NEED_MORE) return MORE;
    if (event === BODY) {
      this.continueDue = false;
      if (!this.#answered) return CONTENT;
      this.#drained += parser.dataEnd - parser.dataStart;
      if (this.#drained <= DRAIN_LIMIT) return CONTENT;
      this.closing = true;
      return CLOSED;
    }
    if (event === END) {
      this.#endContent();
      return CONTENT_END;
    }
    this.#keepAlive = false;
    this.#plain = false;
    if (!this.#answered) return CONTENT_FAILED;
    // A request that could not be read: the parser knows no method, so the answer has content.
    if (!this.#contentOpen) this.refuse(parser.refusal!);
    this.closing = true;
    return CLOSED;
  }

  /** Takes the request's content, which the window holds as a whole: `[parser.dataStart, parser.dataEnd)`. */
  takeContent(): void {
    this.parser.takeContent();
    this.continueDue = false;
    this.#endContent();
  }

  #endContent(): void {
    const parser = this.parser;
    this.#contentOpen = false;
    this.#drained = 0;
    this.#plain = this.#keepAlive && parser.minorVersion === 1 && parser.method !== "HEAD";
  }

  /** Answers what could not be read, and ends the connection. */
  refuse(refusal: Refusal): void {
    this.#answered = false;
    this.#keepAlive = false;
    this.#plain = false;
    this.#text(
      refusal.status,
      CONTENT_TYPES[TEXT],
      `${refusal.status} ${reasonOf(refusal.status)}: ${refusal.code}\n`,
      true,
    );
  }

  /**
   * Answers 101 (RFC 9110 7.8): what follows is no HTTP, and nothing more is read here. False when the request did not ask
   * for it, or has content that would be in the way.
   */
  switchProtocols(headers: Headers): boolean {
    const parser = this.parser;
    if (!parser.headers.upgrade || parser.minorVersion === 0 || parser.hasBody) return false;
    const list = headerList(headers);
    let fields = "connection: upgrade\r\n";
    for (let at = 0; at < list.length; at += 2) {
      if (!UNUSED_BY_101.test(list[at]!)) fields += `${list[at]}: ${list[at + 1]}\r\n`;
    }
    this.output.latin1(`HTTP/1.1 101 ${reasonOf(101)}\r\n${fields}\r\n`);
    this.#answered = true;
    this.closing = true;
    return true;
  }

  /** Tells a client that waits for it to send its content. */
  sendContinue(): void {
    if (!this.continueDue) return;
    this.continueDue = false;
    this.output.bytes(CONTINUE);
  }

  /** Answers 200 with text. The hot path: two calls into native code, no allocation. */
  sendText(text: string, kind: Kind = TEXT): void {
    if (!this.#plain || this.stopping) {
      this.#text(200, CONTENT_TYPES[kind], text, false);
      return;
    }
    const output = this.output;
    const units = text.length;
    // Most text is ASCII: as many bytes as units.
    let head = this.heads.get(kind, units);
    let size = head.length;
    const start = output.length;
    if (start + 3 * units + 256 > output.capacity) output.ensure(3 * units + 256);
    const buffer = output.buffer;
    bytes.copy(buffer, start, head, 0, size);
    let length = bytes.utf8Encode(text, buffer, start + size);
    if (length !== units) {
      head = this.heads.get(kind, length);
      size = head.length;
      bytes.copy(buffer, start, head, 0, size);
      length = bytes.utf8Encode(text, buffer, start + size);
    }
    output.length = start + size + length;
    this.#answered = true;
  }

  /** Answers with anything. When `content` is a stream, `stream` is set, and the caller brings its pieces. */
  send(
    status: number,
    statusText: string,
    headers: Headers | undefined,
    contentType: string | undefined,
    content: Content | null,
  ): void {
    if (headers === undefined) {
      if (typeof content === "string") {
        if (status === 200 && statusText === "" && contentType === CONTENT_TYPES[FETCH_TEXT]) {
          this.sendText(content, FETCH_TEXT);
        } else this.#known(status, statusText, undefined, contentType, content);
      } else if (content === null || content instanceof Uint8Array) {
        this.#known(status, statusText, undefined, contentType, content);
      } else {
        this.#streamed(status, statusText, undefined, contentType, content);
      }
      return;
    }
    if (typeof content === "string" || content === null || content instanceof Uint8Array) {
      this.#known(status, statusText, headers, undefined, content);
    } else this.#streamed(status, statusText, headers, undefined, content);
  }

  /** A piece of the stream. */
  chunk(piece: Uint8Array | string): void {
    const content = typeof piece === "string" ? utf8(piece) : piece;
    if (!(content instanceof Uint8Array)) throw new TypeError("A response's stream holds strings and Uint8Arrays only");
    // An empty chunk would end the stream.
    if (content.length === 0) return;
    const output = this.output;
    if (this.#chunked) output.text(`${content.length.toString(16)}\r\n`);
    output.bytes(content);
    if (this.#chunked) output.text("\r\n");
  }

  /** The end of the stream. */
  finish(): void {
    if (this.#chunked) this.#lastChunk();
    this.stream = undefined;
    this.#chunked = false;
  }

  /** RFC 9112 7.1.2. Fields that frame or route a message cannot be trailers (RFC 9110 6.5.1). */
  #lastChunk(): void {
    const trailed = this.#trailed;
    if (trailed === undefined) {
      this.output.bytes(LAST_CHUNK);
      return;
    }
    this.#trailed = undefined;
    let fields = "";
    const trailers = trailed[TRAILERS]();
    const list = trailers === undefined ? [] : headerList(trailers);
    for (let at = 0; at < list.length; at += 2) {
      if (!NOT_A_TRAILER.test(list[at]!)) fields += `${list[at]}: ${list[at + 1]}\r\n`;
    }
    this.output.latin1(`0\r\n${fields}\r\n`);
  }

  #text(status: number, contentType: string, text: string, always: boolean): void {
    this.#known(status, "", undefined, contentType, text, always);
  }

  #known(
    status: number,
    statusText: string,
    headers: Headers | undefined,
    contentType: string | undefined,
    content: Uint8Array | string | null,
    always = false,
  ): void {
    if (status === 200 && statusText === "" && this.#plain && !this.stopping && headers !== undefined) {
      if (content instanceof Uint8Array) {
        const fields = headerFields(headers);
        if (!fields.close && !fields.hasDate) {
          this.#again(fields, content);
          return;
        }
      }
    }
    let length = content === null ? 0 : content.length;
    const bare = status === 204 || status === 304;
    const head = !always && this.parser.method === "HEAD";
    // A HEAD handler that has no content may still say how long it would be (RFC 9110 8.6).
    const declared = head && content === null && headers?.has("content-length") === true;
    const output = this.output;
    const start = output.length;
    for (;;) {
      const framing = bare || declared ? "" : `content-length: ${length}\r\n`;
      this.#head(status, statusText, headers, contentType, framing, declared);
      if (content === null || bare) return;
      if (typeof content !== "string") break;
      // Most text is ASCII: as many bytes as units. When it is not, the head is built again with the length it really has.
      const at = output.length;
      output.text(content);
      const encoded = output.length - at;
      if (encoded === length) {
        if (head) output.length = at;
        return;
      }
      length = encoded;
      output.length = start;
    }
    if (head) return;
    if (length > COPY_LIMIT) output.tail = content as Uint8Array;
    else output.bytes(content as Uint8Array);
  }

  /** Bytes with status 200 whose headers are often sent, such as a file's: the head is made once a second. */
  #again(fields: Fields, content: Uint8Array): void {
    const output = this.output;
    const { date } = this.heads;
    const length = content.length;
    const isSame = fields.headLength === length && fields.headDate === date;
    if (!isSame || fields.head === undefined) {
      const start = output.length;
      output.latin1(`HTTP/1.1 200 OK\r\ndate: ${date}\r\n${fields.text}content-length: ${length}\r\n\r\n`);
      // Kept from the second time on: most are sent once.
      fields.head = isSame ? output.buffer.slice(start, output.length) : undefined;
      fields.headLength = length;
      fields.headDate = date;
    } else output.bytes(fields.head);
    this.#answered = true;
    if (length > COPY_LIMIT) output.tail = content;
    else output.bytes(content);
  }

  #streamed(
    status: number,
    statusText: string,
    headers: Headers | undefined,
    contentType: string | undefined,
    content: BodyStream,
  ): void {
    const head = this.parser.method === "HEAD";
    this.#chunked = !head && this.parser.minorVersion === 1;
    // RFC 9112 6.3: content of unknown length to HTTP/1.0 ends with the connection.
    if (!this.#chunked && !head) this.#keepAlive = false;
    this.#head(status, statusText, headers, contentType, this.#chunked ? "transfer-encoding: chunked\r\n" : "", false);
    if (!head) this.stream = content;
    this.#trailed = this.#chunked && isTrailed(content) && this.#takesTrailers() ? content : undefined;
  }

  /** RFC 9110 6.5.1: trailers are for who asks for them. */
  #takesTrailers(): boolean {
    return /(^|,)\s*trailers\s*(,|;|$)/i.test(this.parser.headers.get("te") ?? "");
  }

  #head(
    status: number,
    statusText: string,
    headers: Headers | undefined,
    contentType: string | undefined,
    framing: string,
    keepLength: boolean,
  ): void {
    let fields = "";
    let date = true;
    if (headers !== undefined) {
      const own = headerFields(headers);
      if (own.close) this.#keepAlive = false;
      date = !own.hasDate;
      fields = keepLength ? own.text + own.contentLength : own.text;
    } else if (contentType !== undefined) {
      fields = `content-type: ${contentType}\r\n`;
    }
    // Content that nobody reads must pass before the next request does; a client that waits for 100 may never send it.
    if (this.stopping || (this.#contentOpen && (this.continueDue || this.parser.remaining > DRAIN_LIMIT))) {
      this.#keepAlive = false;
    }
    let connection = "";
    if (!this.#keepAlive) connection = "connection: close\r\n";
    else if (this.parser.minorVersion === 0) connection = "connection: keep-alive\r\n";
    let line: string;
    if (date && statusText === "") line = this.heads.line(status);
    else {
      const reason = statusText === "" ? reasonOf(status) : statusText;
      line = `HTTP/1.1 ${status} ${reason}\r\n${date ? `date: ${this.heads.date}\r\n` : ""}`;
    }
    this.output.latin1(`${line}${fields}${framing}${connection}\r\n`);
    this.#answered = true;
    this.continueDue = false;
    if (!this.#keepAlive) this.closing = true;
  }
}

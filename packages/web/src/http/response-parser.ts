import { bytes } from "../bytes.ts";
import { CR, LF, NOT_VALUE, SPACE } from "./characters.ts";
import { parseFraming } from "./fields.ts";
import type { Limits } from "./limits.ts";
import {
  AT_CHUNK_LINE,
  AT_CONTENT,
  AT_HEAD,
  AT_REST,
  HEAD,
  MessageParser,
  NEED_MORE,
  type ParserEvent,
} from "./message-parser.ts";
import { REFUSALS, Refusal } from "./refusal.ts";

/** "HTTP/1.x NNN". */
const STATUS_END = 12;

/** Parses the responses on one connection of a client (RFC 9112), a window at a time; it holds no bytes. */
export class ResponseParser extends MessageParser {
  // Of the last HEAD.
  status = 0;
  /** Offsets of the reason phrase in the window. */
  reasonStart = 0;
  reasonEnd = 0;
  /** Whether the content ends with the connection. */
  untilClose = false;

  #toHead = false;

  constructor(limits: Limits) {
    super(limits);
  }

  /** The next response is to this request: one to HEAD has no content. */
  expect(method: string): void {
    this.#toHead = method === "HEAD";
  }

  /** Whether the connection may carry another request behind this one (RFC 9112 9.3). */
  get keepAlive(): boolean {
    if (this.untilClose || this.headers.close) return false;
    return this.minorVersion === 1 || this.headers.keepAlive;
  }

  /** The next event in `[start, end)` of `window`. A status of 1xx comes before the response proper. */
  parse(window: Uint8Array, start: number, end: number): ParserEvent {
    return this.state === AT_HEAD ? this.#head(window, start, end) : this.parseContent(window, start, end);
  }

  /** The connection has ended. True when nothing is missing. */
  endsHere(): boolean {
    if (this.state === AT_REST) this.state = AT_HEAD;
    return this.state === AT_HEAD;
  }

  #head(window: Uint8Array, start: number, end: number): ParserEvent {
    this.next = start;
    const { limits } = this;
    const available = end - start;
    if (available > 0 && window[start] !== 0x48) return this.refuse(REFUSALS.statusLine);
    const lf = available > 0 ? bytes.findByte(window, LF, start, Math.min(available, limits.maxRequestLine)) : -1;
    if (lf < 0) return available < limits.maxRequestLine ? NEED_MORE : this.refuse(REFUSALS.statusLine);
    const wrong = this.#statusLine(window, start, lf);
    if (wrong !== undefined) return this.refuse(wrong);
    const block = this.section(window, lf + 1, end);
    if (block === undefined) return NEED_MORE;
    if (block instanceof Refusal) return this.refuse(block);
    this.searched = 0;
    this.headers = block;
    this.received = 0;
    this.hasBody = false;
    this.untilClose = false;
    this.next = lf + 1 + block.bytes.length;
    // RFC 9112 6.3 1: these end with their header section, whatever it says.
    const bare = this.status < 200 || this.status === 204 || this.status === 304 || this.#toHead;
    const contradiction = parseFraming(block);
    if (contradiction !== undefined) return this.refuse(contradiction);
    if (bare) return HEAD;
    if (block.chunked) {
      if (this.minorVersion === 0) return this.refuse(REFUSALS.transferEncoding);
      this.state = AT_CHUNK_LINE;
      this.hasBody = true;
    } else if (block.contentLength > 0) {
      if (block.contentLength > limits.maxBody) return this.refuse(REFUSALS.bodyTooLarge);
      this.remaining = block.contentLength;
      this.state = AT_CONTENT;
      this.hasBody = true;
    } else if (block.contentLength < 0) {
      this.state = AT_REST;
      this.hasBody = true;
      this.untilClose = true;
    }
    return HEAD;
  }

  /** HTTP-version SP 3DIGIT SP [ reason-phrase ]; some servers leave the last space out. RFC 9112 4. */
  #statusLine(window: Uint8Array, start: number, lf: number): Refusal | undefined {
    if (window[lf - 1] !== CR) return REFUSALS.bareLf;
    const end = lf - 1;
    const line = bytes.latin1Decode(window, start, Math.min(end - start, STATUS_END));
    if (!/^HTTP\/1\.\d [1-5]\d\d$/.test(line)) return REFUSALS.statusLine;
    this.reasonStart = end;
    this.reasonEnd = end;
    if (end > start + STATUS_END) {
      if (window[start + STATUS_END] !== SPACE) return REFUSALS.statusLine;
      this.reasonStart = start + STATUS_END + 1;
      const { reasonStart } = this;
      if (end > reasonStart && bytes.findInSet(window, NOT_VALUE, reasonStart, end - reasonStart) >= 0) {
        return REFUSALS.control;
      }
    }
    this.status = Number(line.slice(9));
    this.minorVersion = line.charCodeAt(7) === 0x30 ? 0 : 1;
    return undefined;
  }
}

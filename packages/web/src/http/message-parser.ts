import { bytes } from "../bytes.ts";
import { CR, LF, NOT_VALUE, SPACE, TAB } from "./characters.ts";
import { parseFields } from "./fields.ts";
import { HeaderBlock } from "./header-block.ts";
import type { Limits } from "./limits.ts";
import { REFUSALS, Refusal } from "./refusal.ts";

/** The bytes that were given hold no further event: call again with the unread ones and more behind them. */
export const NEED_MORE = 0;
/** A first line and its header section. */
export const HEAD = 1;
/** A piece of content: `[dataStart, dataEnd)` of the window. */
export const BODY = 2;
/** The content is complete. Comes only after a HEAD with `hasBody`. */
export const END = 3;
/** The message was refused, see `refusal`. Nothing is read after it. */
export const FAILED = 4;

export type ParserEvent = typeof NEED_MORE | typeof HEAD | typeof BODY | typeof END | typeof FAILED;

export const AT_HEAD = 0;
export const AT_CONTENT = 1;
export const AT_CHUNK_LINE = 2;
const AT_CHUNK_DATA = 3;
const AT_CHUNK_END = 4;
const AT_TRAILERS = 5;
const AT_END = 6;
const AT_REFUSAL = 7;
/** RFC 9112 6.3 8: content that ends with the connection; of responses only. */
export const AT_REST = 8;

/** A chunk size of 12 hexadecimal digits is far above every limit and still exact. */
const CHUNK_DIGITS = 12;

/** RFC 9110 6.5.1: what frames or routes a message cannot come after it. */
export const NOT_A_TRAILER = /^(transfer-encoding|content-length|host|connection|te|trailer|expect)$/;

export const NOTHING: HeaderBlock = new HeaderBlock(Uint8Array.of(CR, LF), new Uint32Array(0));

/**
 * What requests and responses have in common (RFC 9112 6, 7): content by length, in chunks, to the connection's end, and
 * trailers. Servers and clients read it with the same code, so that they cannot differ about where a message ends.
 */
export class MessageParser {
  readonly limits: Limits;
  /** Offset in the window of the first byte that was not consumed. */
  next = 0;

  // Of the last HEAD.
  /** 0 or 1: HTTP/1.0, HTTP/1.1. */
  minorVersion = 1;
  headers: HeaderBlock = NOTHING;
  hasBody = false;

  // Of the last BODY.
  dataStart = 0;
  dataEnd = 0;
  /** Bytes of content so far, of the last HEAD. */
  received = 0;
  /** Trailer fields, once END came. */
  trailers: HeaderBlock = NOTHING;
  /** Bytes of content that are certainly still to come; for chunked content, those of the current chunk. */
  remaining = 0;

  /** Of FAILED. */
  refusal: Refusal | undefined = undefined;

  // For subclasses. Fields, not accessors: they are used for each message.
  protected state: number = AT_HEAD;
  /** Bytes of the header section that were searched for its end. */
  protected searched = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /** Whether a message has begun that is not complete. */
  get inMessage(): boolean {
    return this.state !== AT_HEAD;
  }

  protected refuse(refusal: Refusal): typeof FAILED {
    this.refusal = refusal;
    this.state = AT_REFUSAL;
    return FAILED;
  }

  /** The section at `at`, parsed; `undefined` while it is not complete, a Refusal when it never will be. */
  protected section(window: Uint8Array, at: number, end: number): HeaderBlock | Refusal | undefined {
    const sectionEnd = findSectionEnd(window, at, end, this.searched, this.limits.maxHeaderBytes);
    if (sectionEnd === TOO_LARGE) return REFUSALS.headersTooLarge;
    if (sectionEnd < 0) {
      this.searched = -sectionEnd - 1;
      return undefined;
    }
    return parseFields(window, at, sectionEnd, this.limits.maxHeaders);
  }

  /** The next event behind a head. */
  protected parseContent(window: Uint8Array, start: number, end: number): ParserEvent {
    switch (this.state) {
      case AT_CONTENT:
        return this.#content(start, end, AT_END);
      case AT_CHUNK_LINE:
        return this.#chunkLine(window, start, end);
      case AT_CHUNK_DATA:
        return this.#content(start, end, AT_CHUNK_END);
      case AT_CHUNK_END:
        return this.#chunkEnd(window, start, end);
      case AT_TRAILERS:
        return this.#trailers(window, start, end);
      case AT_END:
        this.next = start;
        this.state = AT_HEAD;
        return END;
      case AT_REST:
        this.remaining = end - start;
        return this.#content(start, end, AT_REST);
      default:
        this.next = start;
        return FAILED;
    }
  }

  /** Takes content by length that is there as a whole, from `next` on: what a BODY and an END would say, at once. */
  takeContent(): void {
    this.dataStart = this.next;
    this.dataEnd = this.next + this.remaining;
    this.next = this.dataEnd;
    this.received = this.remaining;
    this.remaining = 0;
    this.state = AT_HEAD;
  }

  #content(start: number, end: number, then: number): ParserEvent {
    this.next = start;
    if (start === end) return NEED_MORE;
    const available = end - start;
    const length = Math.min(available, this.remaining);
    this.dataStart = start;
    this.dataEnd = start + length;
    this.next = this.dataEnd;
    this.received += length;
    this.remaining -= length;
    if (this.remaining === 0) this.state = then;
    return BODY;
  }

  /** chunk-size [ chunk-ext ] CRLF. RFC 9112 7.1. */
  #chunkLine(window: Uint8Array, start: number, end: number): ParserEvent {
    this.next = start;
    const limit = this.limits.maxChunkLine;
    const available = end - start;
    const lf = bytes.findByte(window, LF, start, Math.min(available, limit));
    if (lf < 0) return available < limit ? NEED_MORE : this.refuse(REFUSALS.chunkLineTooLong);
    if (window[lf - 1] !== CR || lf === start) return this.refuse(REFUSALS.bareLf);
    let size = 0;
    let at = start;
    for (; at < lf - 1; at++) {
      const digit = hexDigit(window[at]!);
      if (digit < 0) break;
      size = size * 16 + digit;
    }
    if (at === start || at - start > CHUNK_DIGITS) return this.refuse(REFUSALS.chunkSize);
    if (at < lf - 1) {
      const digits = at;
      while (window[at] === SPACE || window[at] === TAB) at++;
      if (window[at] !== 0x3b) return this.refuse(at > digits ? REFUSALS.chunkExtension : REFUSALS.chunkSize);
      if (bytes.findInSet(window, NOT_VALUE, at, lf - at) !== lf - 1) return this.refuse(REFUSALS.chunkExtension);
    }
    if (this.received + size > this.limits.maxBody) return this.refuse(REFUSALS.bodyTooLarge);
    if (size === 0) {
      this.state = AT_TRAILERS;
      return this.#trailers(window, lf + 1, end);
    }
    this.remaining = size;
    this.state = AT_CHUNK_DATA;
    return this.#content(lf + 1, end, AT_CHUNK_END);
  }

  #chunkEnd(window: Uint8Array, start: number, end: number): ParserEvent {
    this.next = start;
    if (start === end) return NEED_MORE;
    if (window[start] !== CR) return this.refuse(REFUSALS.chunkEnd);
    if (start + 1 === end) return NEED_MORE;
    if (window[start + 1] !== LF) return this.refuse(REFUSALS.chunkEnd);
    this.state = AT_CHUNK_LINE;
    return this.#chunkLine(window, start + 2, end);
  }

  #trailers(window: Uint8Array, start: number, end: number): ParserEvent {
    this.next = start;
    const parsed = this.section(window, start, end);
    if (parsed === undefined) return NEED_MORE;
    if (parsed instanceof Refusal) return this.refuse(parsed);
    for (let index = 0; index < parsed.count; index++) {
      if (NOT_A_TRAILER.test(parsed.name(index))) return this.refuse(REFUSALS.trailerField);
    }
    this.trailers = parsed;
    this.searched = 0;
    this.next = start + parsed.bytes.length;
    this.state = AT_HEAD;
    return END;
  }
}

const TOO_LARGE = -0x80000000;

/**
 * Offset behind the empty line that ends the section at `start`, or behind a line that ends without CR, since parsing need
 * not wait for more then. Otherwise -1 - the number of bytes that need not be searched again, or TOO_LARGE.
 */
function findSectionEnd(window: Uint8Array, start: number, end: number, searched: number, limit: number): number {
  const stop = end - start < limit ? end : start + limit;
  let line = start + searched;
  for (;;) {
    const lf = line < stop ? bytes.findByte(window, LF, line, stop - line) : -1;
    if (lf < 0) return end - start < limit ? start - line - 1 : TOO_LARGE;
    if (window[lf - 1] !== CR || lf === start || lf === line + 1) return lf + 1;
    line = lf + 1;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

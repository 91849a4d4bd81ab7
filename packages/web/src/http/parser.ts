import { bytes } from "../bytes.ts";
import { CR, LF, NOT_TARGET, NOT_TOKEN, NOT_VALUE, SPACE, TAB } from "./characters.ts";
import { parseFields, parseFraming } from "./fields.ts";
import { HeaderBlock } from "./header-block.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { REFUSALS, Refusal } from "./refusal.ts";

/** The bytes that were given hold no further event: call again with the unread ones and more behind them. */
export const NEED_MORE = 0;
/** A request line and its header section. */
export const HEAD = 1;
/** A piece of content: `[dataStart, dataEnd)` of the window. */
export const BODY = 2;
/** The content is complete. Comes only after a HEAD with `hasBody`. */
export const END = 3;
/** The request was refused, see `refusal`. Nothing is read after it. */
export const FAILED = 4;

export type ParserEvent = typeof NEED_MORE | typeof HEAD | typeof BODY | typeof END | typeof FAILED;

const AT_HEAD = 0;
const AT_CONTENT = 1;
const AT_CHUNK_LINE = 2;
const AT_CHUNK_DATA = 3;
const AT_CHUNK_END = 4;
const AT_TRAILERS = 5;
const AT_END = 6;
const AT_REFUSAL = 7;

/** Header sections up to this size are remembered: a client sends the same one again and again. */
const REMEMBERED_BYTES = 4096;
/** RFC 9112 3: a method that is longer than any that a server implements: 501. */
const METHOD_BYTES = 32;
/** A chunk size of 12 hexadecimal digits is far above every limit and still exact. */
const CHUNK_DIGITS = 12;

const HTTP_1_1 = Uint8Array.of(32, 72, 84, 84, 80, 47, 49, 46, 49, 13, 10);
const NOTHING = new HeaderBlock(Uint8Array.of(CR, LF), new Uint32Array(0));

/**
 * Parses the requests of one connection (RFC 9112), a window at a time. It holds no bytes: a caller keeps what lies behind
 * `next` and gives it again. Events do not depend on how the input was cut.
 *
 * @example
 * const parser = new RequestParser();
 * for (let at = 0; parser.parse(input, at, input.length) === HEAD; at = parser.next) console.log(parser.method);
 */
export class RequestParser {
  readonly limits: Limits;
  /** Offset in the window of the first byte that was not consumed. */
  next = 0;

  // Of the last HEAD.
  method = "";
  /** Offsets in the window. */
  targetStart = 0;
  targetEnd = 0;
  /** 0 or 1: HTTP/1.0, HTTP/1.1. */
  minorVersion = 1;
  headers: HeaderBlock = NOTHING;
  hasBody = false;
  /** A GET over HTTP/1.1 about which nothing is special. */
  plain = false;

  // Of the last BODY.
  dataStart = 0;
  dataEnd = 0;
  /** Bytes of content so far, of the last HEAD. */
  received = 0;
  /** Trailer fields, once END came. */
  trailers: HeaderBlock = NOTHING;

  /** Of FAILED. */
  refusal: Refusal | undefined = undefined;

  /** The last header section, which the next one probably equals. May be set to that of another connection. */
  remembered: HeaderBlock = NOTHING;

  #state = AT_HEAD;
  /** Bytes of the header section that were searched for its end. */
  #searched = 0;
  /** Bytes of content or of this chunk that are still to come. */
  #remaining = 0;
  #skippedEmptyLine = false;

  constructor(limits: Limits = DEFAULT_LIMITS) {
    this.limits = limits;
  }

  /** Whether a request has begun that is not complete. */
  get inRequest(): boolean {
    return this.#state !== AT_HEAD;
  }

  /** Bytes of content that are certainly still to come; for chunked content, those of the current chunk. */
  get remaining(): number {
    return this.#remaining;
  }

  /** The next event in `[start, end)` of `window`. */
  parse(window: Uint8Array, start: number, end: number): ParserEvent {
    if (this.#state === AT_HEAD) return this.#plainHead(window, start, end);
    switch (this.#state) {
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
        this.#state = AT_HEAD;
        return END;
      default:
        this.next = start;
        return FAILED;
    }
  }

  #refuse(refusal: Refusal): typeof FAILED {
    this.refusal = refusal;
    this.#state = AT_REFUSAL;
    return FAILED;
  }

  /**
   * A GET whose header section is the remembered one, in a single function without state: 2.3 us where the steps of `#head`
   * take 3.5. Anything else goes there.
   */
  #plainHead(window: Uint8Array, start: number, end: number): ParserEvent {
    const block = this.remembered;
    const length = block.bytes.length;
    const available = end - start;
    if (block.plain && available > length + 15 && window[start] === 71 && window[start + 3] === SPACE) {
      const lf = bytes.findByte(window, LF, start, available);
      const target = start + 4;
      const targetEnd = lf - 10;
      if (
        targetEnd > target &&
        lf - start < this.limits.maxRequestLine &&
        window[target] === 0x2f &&
        bytes.equal(window, targetEnd, HTTP_1_1, 0, 11) &&
        end - lf > length &&
        bytes.equal(window, lf + 1, block.bytes, 0, length) &&
        bytes.findInSet(window, NOT_TARGET, target, targetEnd - target) < 0 &&
        window[start + 1] === 69 &&
        window[start + 2] === 84
      ) {
        this.method = "GET";
        this.targetStart = target;
        this.targetEnd = targetEnd;
        this.minorVersion = 1;
        this.headers = block;
        this.hasBody = false;
        this.plain = true;
        this.next = lf + 1 + length;
        this.#searched = 0;
        this.#skippedEmptyLine = false;
        return HEAD;
      }
    }
    return this.#head(window, start, end);
  }

  #head(window: Uint8Array, from: number, end: number): ParserEvent {
    this.plain = false;
    let start = from;
    this.next = start;
    if (start === end) return NEED_MORE;
    if (window[start] === CR && !this.#skippedEmptyLine) {
      // RFC 9112 2.2: ignore at least one empty line before a request line. One is what old clients send.
      if (start + 1 === end) return NEED_MORE;
      if (window[start + 1] !== LF) return this.#refuse(REFUSALS.bareCr);
      this.#skippedEmptyLine = true;
      start += 2;
      this.next = start;
      if (start === end) return NEED_MORE;
    }
    if (NOT_TOKEN[window[start]!] !== 0) return this.#refuse(REFUSALS.requestLine);

    const limits = this.limits;
    const available = end - start;
    const lf = bytes.findByte(window, LF, start, Math.min(available, limits.maxRequestLine));
    if (lf < 0) return available < limits.maxRequestLine ? NEED_MORE : this.#refuse(REFUSALS.lineTooLong);
    const wrong = this.#requestLine(window, start, lf);
    if (wrong !== undefined) return this.#refuse(wrong);

    const at = lf + 1;
    let block = this.remembered;
    const length = block.bytes.length;
    if (end - at < length || !bytes.equal(window, at, block.bytes, 0, length)) {
      const sectionEnd = findSectionEnd(window, at, end, this.#searched, limits.maxHeaderBytes);
      if (sectionEnd === TOO_LARGE) return this.#refuse(REFUSALS.headersTooLarge);
      if (sectionEnd < 0) {
        this.#searched = -sectionEnd - 1;
        return NEED_MORE;
      }
      const parsed = parseFields(window, at, sectionEnd, limits.maxHeaders);
      if (parsed instanceof Refusal) return this.#refuse(parsed);
      const contradiction = parseFraming(parsed);
      if (contradiction !== undefined) return this.#refuse(contradiction);
      block = parsed;
      if (block.bytes.length <= REMEMBERED_BYTES) this.remembered = block;
    }
    return this.#begin(block, at + block.bytes.length);
  }

  /** What follows from a whole head: Host (RFC 9112 3.2) and framing (RFC 9112 6.3). */
  #begin(block: HeaderBlock, next: number): ParserEvent {
    if (block.hostIndex < 0 && this.minorVersion !== 0) return this.#refuse(REFUSALS.hostMissing);
    if (block.chunked) {
      // RFC 9112 6.1: HTTP/1.0 knows no transfer codings; a client that sends one had its message mangled on the way.
      if (this.minorVersion === 0) return this.#refuse(REFUSALS.transferEncoding);
      this.#state = AT_CHUNK_LINE;
      this.hasBody = true;
    } else if (block.contentLength > 0) {
      if (block.contentLength > this.limits.maxBody) return this.#refuse(REFUSALS.bodyTooLarge);
      this.#remaining = block.contentLength;
      this.#state = AT_CONTENT;
      this.hasBody = true;
    } else {
      this.hasBody = false;
    }
    this.headers = block;
    this.next = next;
    this.received = 0;
    this.#searched = 0;
    this.#skippedEmptyLine = false;
    return HEAD;
  }

  /** `[start, lf]`: method SP target SP version CRLF, exactly one space each. RFC 9112 3. */
  #requestLine(window: Uint8Array, start: number, lf: number): Refusal | undefined {
    let target: number;
    if (window[start] === 71 && window[start + 1] === 69 && window[start + 2] === 84 && window[start + 3] === SPACE) {
      this.method = "GET";
      target = start + 4;
    } else {
      const end = bytes.findInSet(window, NOT_TOKEN, start, lf + 1 - start);
      if (end - start > METHOD_BYTES) return REFUSALS.methodUnknown;
      if (window[end] !== SPACE) return end === lf ? REFUSALS.bareLf : REFUSALS.method;
      this.method = bytes.latin1Decode(window, start, end - start);
      target = end + 1;
    }
    let targetEnd = lf - 10;
    this.minorVersion = 1;
    if (targetEnd < target || !bytes.equal(window, targetEnd, HTTP_1_1, 0, 11)) {
      if (window[lf - 1] !== CR) return REFUSALS.bareLf;
      targetEnd = bytes.findByte(window, SPACE, target, lf - target);
      if (targetEnd < 0) return REFUSALS.requestLine;
      const wrong = this.#version(window, targetEnd + 1, lf - 1);
      if (wrong !== undefined) return wrong;
    }
    this.targetStart = target;
    this.targetEnd = targetEnd;
    if (targetEnd === target || bytes.findInSet(window, NOT_TARGET, target, targetEnd - target) >= 0) {
      return REFUSALS.target;
    }
    // Origin form, which nearly all have; else asterisk, absolute or authority form (RFC 9112 3.2).
    return window[target] === 0x2f && this.method !== "CONNECT" ? undefined : this.#otherTarget(window);
  }

  #otherTarget(window: Uint8Array): Refusal | undefined {
    if (this.method === "CONNECT") return REFUSALS.methodUnknown;
    const target = bytes.latin1Decode(window, this.targetStart, this.targetEnd - this.targetStart);
    if (target === "*") return this.method === "OPTIONS" ? undefined : REFUSALS.target;
    const authority = /^https?:\/\/([^/?]*)/i.exec(target)?.[1];
    // RFC 9110 4.2: no empty host, and user information is treated as an attempt to deceive.
    if (authority === undefined || authority === "" || !/^[\w\-.~%!$&'()*+,;=:[\]]+$/.test(authority)) {
      return REFUSALS.target;
    }
    return undefined;
  }

  /** RFC 9112 2.3. A later minor version is treated as 1.1. */
  #version(window: Uint8Array, start: number, end: number): Refusal | undefined {
    const version = bytes.latin1Decode(window, start, end - start);
    if (!/^HTTP\/\d\.\d$/.test(version)) return REFUSALS.requestLine;
    if (version[5] !== "1") return REFUSALS.version;
    this.minorVersion = version[7] === "0" ? 0 : 1;
    return undefined;
  }

  #content(start: number, end: number, then: number): ParserEvent {
    this.next = start;
    if (start === end) return NEED_MORE;
    const available = end - start;
    const length = Math.min(available, this.#remaining);
    this.dataStart = start;
    this.dataEnd = start + length;
    this.next = this.dataEnd;
    this.received += length;
    this.#remaining -= length;
    if (this.#remaining === 0) this.#state = then;
    return BODY;
  }

  /** chunk-size [ chunk-ext ] CRLF. RFC 9112 7.1. */
  #chunkLine(window: Uint8Array, start: number, end: number): ParserEvent {
    this.next = start;
    const limit = this.limits.maxChunkLine;
    const available = end - start;
    const lf = bytes.findByte(window, LF, start, Math.min(available, limit));
    if (lf < 0) return available < limit ? NEED_MORE : this.#refuse(REFUSALS.chunkLineTooLong);
    if (window[lf - 1] !== CR || lf === start) return this.#refuse(REFUSALS.bareLf);
    let size = 0;
    let at = start;
    for (; at < lf - 1; at++) {
      const digit = hexDigit(window[at]!);
      if (digit < 0) break;
      size = size * 16 + digit;
    }
    if (at === start || at - start > CHUNK_DIGITS) return this.#refuse(REFUSALS.chunkSize);
    if (at < lf - 1) {
      const digits = at;
      while (window[at] === SPACE || window[at] === TAB) at++;
      if (window[at] !== 0x3b) return this.#refuse(at > digits ? REFUSALS.chunkExtension : REFUSALS.chunkSize);
      if (bytes.findInSet(window, NOT_VALUE, at, lf - at) !== lf - 1) return this.#refuse(REFUSALS.chunkExtension);
    }
    if (this.received + size > this.limits.maxBody) return this.#refuse(REFUSALS.bodyTooLarge);
    if (size === 0) {
      this.#state = AT_TRAILERS;
      return this.#trailers(window, lf + 1, end);
    }
    this.#remaining = size;
    this.#state = AT_CHUNK_DATA;
    return this.#content(lf + 1, end, AT_CHUNK_END);
  }

  #chunkEnd(window: Uint8Array, start: number, end: number): ParserEvent {
    this.next = start;
    if (start === end) return NEED_MORE;
    if (window[start] !== CR) return this.#refuse(REFUSALS.chunkEnd);
    if (start + 1 === end) return NEED_MORE;
    if (window[start + 1] !== LF) return this.#refuse(REFUSALS.chunkEnd);
    this.#state = AT_CHUNK_LINE;
    return this.#chunkLine(window, start + 2, end);
  }

  #trailers(window: Uint8Array, start: number, end: number): ParserEvent {
    this.next = start;
    const sectionEnd = findSectionEnd(window, start, end, this.#searched, this.limits.maxHeaderBytes);
    if (sectionEnd === TOO_LARGE) return this.#refuse(REFUSALS.headersTooLarge);
    if (sectionEnd < 0) {
      this.#searched = -sectionEnd - 1;
      return NEED_MORE;
    }
    const parsed = parseFields(window, start, sectionEnd, this.limits.maxHeaders);
    if (parsed instanceof Refusal) return this.#refuse(parsed);
    // RFC 9110 6.5.1: what frames or routes a message cannot come after it.
    for (let index = 0; index < parsed.count; index++) {
      if (/^(transfer-encoding|content-length|host|connection|te|trailer|expect)$/.test(parsed.name(index))) {
        return this.#refuse(REFUSALS.trailerField);
      }
    }
    this.trailers = parsed;
    this.#searched = 0;
    this.next = sectionEnd;
    this.#state = AT_HEAD;
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

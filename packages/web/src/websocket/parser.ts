import { bytes } from "../bytes.ts";
import { BINARY, CLOSE, CONTINUATION, FIN, MASKED, MAX_CONTROL, MAX_HEADER, PING, PONG, TEXT } from "./frame.ts";
import { unmask } from "./mask.ts";
import { isUtf8, TextAssembler } from "./text.ts";

/** All that was given is used up. */
export const MORE = 0;
/** A whole message: see `message`. */
export const MESSAGE = 1;
/** A control frame: see `payload`. */
export const PINGED = 2;
export const PONGED = 3;
/** The peer closes: see `code` and `reason`. */
export const CLOSED = 4;
/** The peer broke the protocol or a limit: see `code` and `reason`. Nothing is read after it. */
export const FAILED = 5;
export type ParserEvent = typeof MORE | typeof MESSAGE | typeof PINGED | typeof PONGED | typeof CLOSED | typeof FAILED;

/** Close codes (RFC 6455 7.4.1). */
export const NORMAL = 1000;
export const GOING_AWAY = 1001;
export const PROTOCOL_ERROR = 1002;
export const NO_STATUS = 1005;
export const ABNORMAL = 1006;
export const INVALID_DATA = 1007;
export const POLICY = 1008;
export const TOO_BIG = 1009;
export const INTERNAL_ERROR = 1011;
export const TRY_AGAIN_LATER = 1013;

export interface FrameLimits {
  /** Bytes of a message, all its fragments together; 1009. */
  readonly maxMessage: number;
  /** Bytes of a frame; 1009. */
  readonly maxFrame: number;
}

export const DEFAULT_FRAME_LIMITS: FrameLimits = { maxMessage: 1024 * 1024, maxFrame: 1024 * 1024 };

const NOTHING = new Uint8Array(0);
/** What a message that arrives in pieces is given to begin with; a length that was announced only costs nothing. */
const FIRST_PIECES = 4096;

/**
 * Parses the frames that a client sends (RFC 6455 5), a window at a time, and puts messages together. It takes all that it
 * is given, masks are removed in the window itself, and memory is taken for bytes that have arrived only.
 *
 * @example
 * for (let at = 0; at < end || event !== MORE; at = parser.next) event = parser.parse(window, at, end);
 */
export class FrameParser {
  readonly limits: FrameLimits;
  /** Offset in the window of the first byte that was not consumed. */
  next = 0;
  message: string | Uint8Array = "";
  /** Of the last ping or pong; written over by the next control frame. */
  payload: Uint8Array = NOTHING;
  code = 0;
  reason = "";

  readonly #header = new Uint8Array(MAX_HEADER);
  #have = 0;
  /** Bytes of the header, as far as it is known; 0: the frame's payload is being read. */
  #need = 2;
  #opcode = 0;
  #final = false;
  #key = 0;
  #length = 0;
  /** Bytes of the frame's payload that have arrived. */
  #got = 0;

  /** TEXT or BINARY while a message is open, 0 between messages. */
  #kind = 0;
  #messageLength = 0;
  readonly #text = new TextAssembler();
  #pieces: Uint8Array<ArrayBuffer> = NOTHING as Uint8Array<ArrayBuffer>;
  #binary: Uint8Array | undefined = undefined;

  readonly #control = new Uint8Array(MAX_CONTROL);
  #failed = false;

  constructor(limits: FrameLimits = DEFAULT_FRAME_LIMITS) {
    this.limits = limits;
  }

  /** The next event in `[start, end)` of `window`, whose masked bytes are written over. */
  parse(window: Uint8Array, start: number, end: number): ParserEvent {
    let at = start;
    for (;;) {
      if (this.#failed) {
        this.next = end;
        return FAILED;
      }
      if (this.#need > 0) {
        const header = this.#header;
        while (this.#have < this.#need) {
          if (at === end) {
            this.next = at;
            return MORE;
          }
          header[this.#have++] = window[at++]!;
          if (this.#have === 1 ? !this.#first() : this.#have === 2 && !this.#second()) {
            this.next = at;
            return FAILED;
          }
        }
        if (!this.#begin()) {
          this.next = at;
          return FAILED;
        }
      }
      const length = Math.min(end - at, this.#length - this.#got);
      if (length === 0 && this.#got < this.#length) {
        this.next = at;
        return MORE;
      }
      if (length > 0) {
        unmask(window, at, at + length, this.#header, this.#key, this.#got);
        if (!this.#take(window, at, at + length)) {
          this.next = at;
          return FAILED;
        }
        at += length;
        this.#got += length;
      }
      if (this.#got < this.#length) continue;
      const event = this.#end();
      if (event === MORE) continue;
      this.next = at;
      return event;
    }
  }

  #fail(code: number, reason: string): false {
    this.code = code;
    this.reason = reason;
    this.#failed = true;
    this.#pieces = NOTHING as Uint8Array<ArrayBuffer>;
    return false;
  }

  /** FIN, RSV, opcode. */
  #first(): boolean {
    const byte = this.#header[0]!;
    if ((byte & 0x70) !== 0) return this.#fail(PROTOCOL_ERROR, "a reserved bit is set");
    const opcode = byte & 0x0f;
    this.#final = (byte & FIN) !== 0;
    this.#opcode = opcode;
    switch (opcode) {
      case CONTINUATION:
        return this.#kind !== 0 || this.#fail(PROTOCOL_ERROR, "a continuation of nothing");
      case TEXT:
      case BINARY:
        return this.#kind === 0 || this.#fail(PROTOCOL_ERROR, "a message inside another");
      case CLOSE:
      case PING:
      case PONG:
        return this.#final || this.#fail(PROTOCOL_ERROR, "a fragmented control frame");
      default:
        return this.#fail(PROTOCOL_ERROR, "a reserved opcode");
    }
  }

  /** MASK, length. */
  #second(): boolean {
    const byte = this.#header[1]!;
    // RFC 6455 5.1: a server closes the connection when a frame is not masked.
    if ((byte & MASKED) === 0) return this.#fail(PROTOCOL_ERROR, "a frame without a mask");
    const length = byte & 0x7f;
    if (this.#opcode >= CLOSE && length > MAX_CONTROL) return this.#fail(PROTOCOL_ERROR, "a control frame too long");
    this.#key = length === 126 ? 4 : length === 127 ? 10 : 2;
    this.#need = this.#key + 4;
    this.#length = length;
    return true;
  }

  /** The header is complete. */
  #begin(): boolean {
    const header = this.#header;
    if (this.#key === 4) {
      this.#length = (header[2]! << 8) | header[3]!;
      if (this.#length < 126) return this.#fail(PROTOCOL_ERROR, "a length not in its shortest form");
    } else if (this.#key === 10) {
      if ((header[2]! & 0x80) !== 0) return this.#fail(PROTOCOL_ERROR, "a length of 64 bits");
      let length = 0;
      for (let at = 2; at < 10; at++) length = length * 256 + header[at]!;
      if (length < 65_536) return this.#fail(PROTOCOL_ERROR, "a length not in its shortest form");
      this.#length = length;
    }
    this.#have = 0;
    this.#need = 0;
    this.#got = 0;
    if (this.#opcode >= CLOSE) return true;
    if (this.#opcode !== CONTINUATION) {
      this.#kind = this.#opcode;
      this.#messageLength = 0;
    }
    if (this.#length > this.limits.maxFrame) return this.#fail(TOO_BIG, "the frame is too big");
    if (this.#messageLength + this.#length > this.limits.maxMessage) {
      return this.#fail(TOO_BIG, "the message is too big");
    }
    return true;
  }

  /** A piece of payload, without its mask. */
  #take(window: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (this.#opcode >= CLOSE) {
      bytes.copy(this.#control, this.#got, window, start, length);
      return true;
    }
    if (this.#kind === TEXT) {
      return this.#text.push(window, start, end) || this.#fail(INVALID_DATA, "text that is not UTF-8");
    }
    // A message that came in one piece is copied once.
    if (this.#messageLength === 0 && this.#final && length === this.#length) {
      this.#binary = window.slice(start, end);
      return true;
    }
    const at = this.#messageLength + this.#got;
    const needed = at + length;
    if (needed > this.#pieces.length) {
      const most = this.#final ? this.#messageLength + this.#length : this.limits.maxMessage;
      const larger = new Uint8Array(Math.max(needed, Math.min(most, Math.max(FIRST_PIECES, 2 * needed))));
      bytes.copy(larger, 0, this.#pieces, 0, at);
      this.#pieces = larger;
    }
    bytes.copy(this.#pieces, at, window, start, length);
    return true;
  }

  /** The payload is complete. */
  #end(): ParserEvent {
    this.#need = 2;
    switch (this.#opcode) {
      case CLOSE:
        return this.#close() ? CLOSED : FAILED;
      case PING:
      case PONG:
        this.payload = this.#control.subarray(0, this.#length);
        return this.#opcode === PING ? PINGED : PONGED;
      default:
        break;
    }
    this.#messageLength += this.#length;
    if (!this.#final) return MORE;
    const kind = this.#kind;
    this.#kind = 0;
    if (kind === TEXT) {
      const text = this.#text.finish();
      if (text === undefined) {
        this.#fail(INVALID_DATA, "text that is not UTF-8");
        return FAILED;
      }
      this.message = text;
      return MESSAGE;
    }
    const binary = this.#binary;
    if (binary !== undefined) {
      this.#binary = undefined;
      this.message = binary;
      return MESSAGE;
    }
    const pieces = this.#pieces;
    this.#pieces = NOTHING as Uint8Array<ArrayBuffer>;
    this.message = pieces.length === this.#messageLength ? pieces : pieces.slice(0, this.#messageLength);
    return MESSAGE;
  }

  /** RFC 6455 5.5.1. */
  #close(): boolean {
    const length = this.#length;
    if (length === 0) {
      this.code = NO_STATUS;
      this.reason = "";
      return true;
    }
    if (length === 1) return this.#fail(PROTOCOL_ERROR, "a close code of one byte");
    const control = this.#control;
    const code = (control[0]! << 8) | control[1]!;
    if (!isCloseCode(code)) return this.#fail(PROTOCOL_ERROR, "a close code that may not be sent");
    if (!isUtf8(control, 2, length)) return this.#fail(INVALID_DATA, "a close reason that is not UTF-8");
    this.code = code;
    this.reason = bytes.utf8Decode(control, 2, length - 2);
    return true;
  }
}

/** Whether an endpoint may send this code: RFC 6455 7.4, and what IANA registered since. */
export function isCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

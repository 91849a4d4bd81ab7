import { copy, utf8Decode, utf8Encode } from "../platform.ts";

/** The Encoding Standard for UTF-8 alone, above the kernel's native UTF-8. */

/** Strings whose UTF-8 may be longer than this get a buffer of their own. */
const SCRATCH_LENGTH = 4096;
const scratch = new Uint8Array(SCRATCH_LENGTH);
/** UTF-8 bytes of one UTF-16 unit, at most. */
const MAX_BYTES_PER_UNIT = 3;

export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(input = ""): Uint8Array<ArrayBuffer> {
    const text = String(input);
    const most = text.length * MAX_BYTES_PER_UNIT;
    const into = most <= SCRATCH_LENGTH ? scratch : new Uint8Array(most);
    return into.slice(0, utf8Encode(text, into, 0));
  }

  encodeInto(source: string, destination: Uint8Array): { read: number; written: number } {
    const text = String(source);
    const whole = utf8Encode(text, destination, 0);
    if (whole >= 0) return { read: text.length, written: whole };
    // It does not fit: as many code points as do.
    let read = 0;
    let written = 0;
    for (const character of text) {
      const code = character.codePointAt(0)!;
      const length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      if (written + length > destination.length) break;
      utf8Encode(character, destination, written);
      written += length;
      read += character.length;
    }
    return { read, written };
  }

  get [Symbol.toStringTag](): string {
    return "TextEncoder";
  }
}

const LABELS = new Set(["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"]);
const BYTE_ORDER_MARK = 0xfeff;

export class TextDecoder {
  readonly #fatal: boolean;
  readonly #ignoreBOM: boolean;
  /** Start of a sequence whose end has not come yet. */
  #rest = new Uint8Array(0);
  #isAtStart = true;

  constructor(label = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!LABELS.has(String(label).trim().toLowerCase())) {
      throw new RangeError(`the encoding "${label}" is not supported: an image has UTF-8 only`);
    }
    this.#fatal = Boolean(options.fatal);
    this.#ignoreBOM = Boolean(options.ignoreBOM);
  }

  get encoding(): string {
    return "utf-8";
  }
  get fatal(): boolean {
    return this.#fatal;
  }
  get ignoreBOM(): boolean {
    return this.#ignoreBOM;
  }

  decode(input?: ArrayBufferView | ArrayBufferLike, options: { stream?: boolean } = {}): string {
    let bytes = bytesOf(input);
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + bytes.length);
      joined.set(this.#rest);
      copy(joined, this.#rest.length, bytes, 0, bytes.length);
      bytes = joined;
    }
    const end = options.stream === true ? bytes.length - unfinishedLength(bytes) : bytes.length;
    const isAtStart = this.#isAtStart;
    this.#rest = options.stream === true ? bytes.slice(end) : new Uint8Array(0);
    this.#isAtStart = options.stream !== true || (isAtStart && end === 0);
    if (this.#fatal && !isWellFormed(bytes, end)) {
      this.#rest = new Uint8Array(0);
      this.#isAtStart = true;
      throw new TypeError("The encoded data was not valid for encoding utf-8");
    }
    const text = utf8Decode(bytes, 0, end);
    return isAtStart && !this.#ignoreBOM && text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  }

  get [Symbol.toStringTag](): string {
    return "TextDecoder";
  }
}

function bytesOf(input: ArrayBufferView | ArrayBufferLike | undefined): Uint8Array {
  if (input === undefined) return new Uint8Array(0);
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer || input instanceof SharedArrayBuffer) return new Uint8Array(input);
  throw new TypeError("decode() takes an ArrayBuffer or a view of one");
}

/** Length of the sequence at `at`, by its first byte; 0 when no sequence starts so. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

/** Whether `second` may follow `first`: no overlong forms, no surrogates, nothing above U+10FFFF. */
function isSecond(first: number, second: number): boolean {
  if (second < 0x80 || second > 0xbf) return false;
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second < 0xa0;
  if (first === 0xf0) return second >= 0x90;
  if (first === 0xf4) return second < 0x90;
  return true;
}

/** How many bytes at the end are the start of a well-formed sequence that is not complete. */
function unfinishedLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const first = bytes[bytes.length - back]!;
    if (first >= 0x80 && first < 0xc0) continue;
    if (sequenceLength(first) <= back) return 0;
    return back === 1 || isSecond(first, bytes[bytes.length - back + 1]!) ? back : 0;
  }
  return 0;
}

function isWellFormed(bytes: Uint8Array, end: number): boolean {
  let at = 0;
  while (at < end) {
    const first = bytes[at]!;
    const length = sequenceLength(first);
    if (length === 0 || at + length > end) return false;
    if (length > 1 && !isSecond(first, bytes[at + 1]!)) return false;
    for (let index = 2; index < length; index++) {
      const byte = bytes[at + index]!;
      if (byte < 0x80 || byte > 0xbf) return false;
    }
    at += length;
  }
  return true;
}

export { TextDecoder as "globalThis.TextDecoder", TextEncoder as "globalThis.TextEncoder" };

import { bytes } from "../bytes.ts";

/**
 * Text that arrives piece by piece and is checked as it comes: `push` says no at the first byte that cannot be UTF-8
 * (RFC 6455 8.1), also when the sequence is not complete yet.
 *
 * The native decoder does the work; a piece is looked at byte by byte only when it holds U+FFFD, which may have been sent.
 */
export class TextAssembler {
  #text = "";
  /** An incomplete sequence at the end of the last piece. */
  readonly #held = new Uint8Array(4);
  #heldLength = 0;

  /** Takes `[start, end)` of `from`; false when the text is broken. */
  push(from: Uint8Array, start: number, end: number): boolean {
    let at = start;
    const held = this.#held;
    while (this.#heldLength > 0 && at < end) {
      held[this.#heldLength++] = from[at++]!;
      if (!isPrefix(held, 0, this.#heldLength)) return false;
      if (this.#heldLength === sequenceLength(held[0]!)) {
        this.#text += bytes.utf8Decode(held, 0, this.#heldLength);
        this.#heldLength = 0;
      }
    }
    const tail = tailLength(from, at, end);
    const whole = end - tail;
    if (whole > at) {
      const text = bytes.utf8Decode(from, at, whole - at);
      if (text.includes("\ufffd") && !isUtf8(from, at, whole)) return false;
      this.#text = this.#text === "" ? text : this.#text + text;
    }
    if (tail > 0) {
      if (!isPrefix(from, whole, tail)) return false;
      for (let index = 0; index < tail; index++) held[index] = from[whole + index]!;
      this.#heldLength = tail;
    }
    return true;
  }

  /** The whole text, and begins anew; `undefined` when it ends in the middle of a sequence. */
  finish(): string | undefined {
    const text = this.#text;
    const complete = this.#heldLength === 0;
    this.#text = "";
    this.#heldLength = 0;
    return complete ? text : undefined;
  }
}

/** Whether a range holds whole sequences of UTF-8 and nothing else. */
export function isUtf8(from: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const length = sequenceLength(from[at]!);
    if (length === 0 || at + length > end || !isPrefix(from, at, length)) return false;
    at += length;
  }
  return true;
}

/** Bytes of the sequence that `first` begins; 0: none does. RFC 3629 4. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

/** Whether `length` bytes begin a sequence, none of which is longer than that. */
function isPrefix(from: Uint8Array, start: number, length: number): boolean {
  const first = from[start]!;
  if (length > sequenceLength(first)) return false;
  for (let index = 1; index < length; index++) {
    const byte = from[start + index]!;
    let lower = 0x80;
    let upper = 0xbf;
    if (index === 1) {
      if (first === 0xe0) lower = 0xa0;
      else if (first === 0xed) upper = 0x9f;
      else if (first === 0xf0) lower = 0x90;
      else if (first === 0xf4) upper = 0x8f;
    }
    if (byte < lower || byte > upper) return false;
  }
  return true;
}

/** Bytes at the end of a range that begin a sequence which the range does not complete. */
function tailLength(from: Uint8Array, start: number, end: number): number {
  for (let back = 1; back <= 3 && end - back >= start; back++) {
    const byte = from[end - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/**
 * Domain names, RFC 1035 3.1 and 4.1.4. As text they have no dot at the end; the root is "". A dot or backslash inside a
 * label is written `\.`, `\\`, and bytes that are not printable ASCII `\DDD` (RFC 1035 5.1).
 */

/** "labels 63 octets or less", "names 255 octets or less" (RFC 1035 2.3.4). */
export const MAX_LABEL = 63;
export const MAX_NAME = 255;
const POINTER = 0xc0;
/** Offsets that 14 bits of a compression pointer reach. */
const MAX_POINTER = 0x3fff;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** A place in a message; `at` moves behind what was read. */
export interface NameCursor {
  at: number;
}

/**
 * Reads the name at `cursor.at` in the message [start, end) and moves the cursor behind it; `undefined` when it is broken.
 *
 * Pointers must lead backwards, before everything read so far, so that none is followed twice: at most 127 labels and as
 * many pointers whatever the bytes are.
 */
export function readName(bytes: Uint8Array, start: number, end: number, cursor: NameCursor): string | undefined {
  let position = cursor.at;
  let lowest = position;
  let behind = -1;
  let total = 1;
  let text = "";
  for (;;) {
    if (position >= end) return undefined;
    const length = bytes[position]!;
    if (length === 0) {
      cursor.at = behind < 0 ? position + 1 : behind;
      return text;
    }
    if (length >= POINTER) {
      if (position + 1 >= end) return undefined;
      if (behind < 0) behind = position + 2;
      const target = start + (((length & 0x3f) << 8) | bytes[position + 1]!);
      if (target >= lowest) return undefined;
      position = target;
      lowest = target;
      continue;
    }
    if (length > MAX_LABEL) return undefined;
    total += length + 1;
    if (total > MAX_NAME || position + 1 + length > end) return undefined;
    if (text !== "") text += ".";
    text += labelText(bytes, position + 1, length);
    position += length + 1;
  }
}

function labelText(bytes: Uint8Array, at: number, length: number): string {
  let text = "";
  for (let index = at; index < at + length; index++) {
    const byte = bytes[index]!;
    if (byte === DOT || byte === BACKSLASH) text += `\\${String.fromCharCode(byte)}`;
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, "0")}`;
  }
  return text;
}

/** The name's bytes on the wire, uncompressed; `undefined` when it is none: an empty or long label, too long, not ASCII. */
export function encodeName(text: string): Uint8Array | undefined {
  const name = text.endsWith(".") && !text.endsWith("\\.") ? text.slice(0, -1) : text;
  if (name === "") return text.length > 1 ? undefined : new Uint8Array(1);
  const bytes = new Uint8Array(MAX_NAME);
  let head = 0;
  let at = 1;
  for (let index = 0; index <= name.length; index++) {
    let code = index < name.length ? name.charCodeAt(index) : DOT;
    if (code === DOT) {
      const length = at - head - 1;
      if (length === 0 || length > MAX_LABEL) return undefined;
      bytes[head] = length;
      head = at++;
      // The place of the next length, or of the root's.
      if (at > MAX_NAME) return undefined;
      continue;
    }
    if (code === BACKSLASH) {
      const digits = name.slice(index + 1, index + 4);
      if (/^[0-9]{3}$/.test(digits)) {
        code = Number(digits);
        index += 3;
      } else {
        index++;
        if (index >= name.length) return undefined;
        code = name.charCodeAt(index);
        if (code > 0x7e) return undefined;
      }
    } else if (code <= 0x20 || code > 0x7e) {
      return undefined;
    }
    if (code > 0xff || at >= MAX_NAME) return undefined;
    bytes[at++] = code;
  }
  return bytes.slice(0, at);
}

/** ASCII letters in lower case: names that differ only in case are equal (RFC 4343). */
export function lowerName(text: string): string {
  return text.toLowerCase();
}

/** Where names were written in a message: the bytes of a suffix as a string, to its offset from the message's start. */
export type NameOffsets = Map<string, number>;

/**
 * Writes `name` at `at` and returns the offset behind it, -1 when it is no name or does not fit. With `offsets`, suffixes
 * that were written before become pointers.
 */
export function emitName(into: Uint8Array, at: number, start: number, name: string, offsets?: NameOffsets): number {
  const bytes = encodeName(name);
  if (bytes === undefined) return -1;
  let position = 0;
  while (bytes[position] !== 0) {
    if (offsets !== undefined) {
      const suffix = String.fromCharCode(...bytes.subarray(position));
      const known = offsets.get(suffix);
      if (known !== undefined) {
        if (at + 2 > into.length) return -1;
        into[at] = POINTER | (known >> 8);
        into[at + 1] = known;
        return at + 2;
      }
      if (at - start <= MAX_POINTER) offsets.set(suffix, at - start);
    }
    const length = bytes[position]! + 1;
    if (at + length > into.length) return -1;
    for (let index = 0; index < length; index++) into[at + index] = bytes[position + index]!;
    at += length;
    position += length;
  }
  if (at >= into.length) return -1;
  into[at] = 0;
  return at + 1;
}

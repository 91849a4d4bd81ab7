import type { ByteHelpers, SegmentHelpers } from "@soloist/interface";

/** The helpers that HTTP needs. */
export type Bytes = Omit<ByteHelpers, "checksum" | keyof SegmentHelpers>;

const REPLACEMENT = "\ufffd";
/** Code units that one call of String.fromCharCode is given: arguments live on the engine's stack. */
const PIECE = 512;

function findByte(bytes: Uint8Array, byte: number, offset: number, length: number): number {
  const end = offset + length;
  for (let at = offset; at < end; at++) if (bytes[at] === byte) return at;
  return -1;
}

function findInSet(bytes: Uint8Array, set: Uint8Array, offset: number, length: number): number {
  const end = offset + length;
  for (let at = offset; at < end; at++) if (set[bytes[at]!] !== 0) return at;
  return -1;
}

function copy(to: Uint8Array, toOffset: number, from: Uint8Array, fromOffset: number, length: number): void {
  to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
}

function equal(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean {
  let difference = 0;
  for (let at = 0; at < length; at++) difference |= a[aOffset + at]! ^ b[bOffset + at]!;
  return difference === 0;
}

function latin1Decode(bytes: Uint8Array, offset: number, length: number): string {
  let text = "";
  for (let at = offset, end = offset + length; at < end; at += PIECE) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + PIECE, end)));
  }
  return text;
}

/** The decoder of the Encoding standard: every maximal malformed prefix becomes one U+FFFD. */
function utf8Decode(bytes: Uint8Array, offset: number, length: number): string {
  const end = offset + length;
  let text = "";
  let at = offset;
  while (at < end) {
    const first = bytes[at++]!;
    if (first < 0x80) {
      const start = at - 1;
      while (at < end && bytes[at]! < 0x80) at++;
      text += latin1Decode(bytes, start, at - start);
      continue;
    }
    let more = 0;
    let lower = 0x80;
    let upper = 0xbf;
    let point = 0;
    if (first >= 0xc2 && first <= 0xdf) {
      more = 1;
      point = first & 0x1f;
    } else if (first >= 0xe0 && first <= 0xef) {
      more = 2;
      point = first & 0x0f;
      if (first === 0xe0) lower = 0xa0;
      if (first === 0xed) upper = 0x9f;
    } else if (first >= 0xf0 && first <= 0xf4) {
      more = 3;
      point = first & 0x07;
      if (first === 0xf0) lower = 0x90;
      if (first === 0xf4) upper = 0x8f;
    } else {
      text += REPLACEMENT;
      continue;
    }
    while (more > 0 && at < end && bytes[at]! >= lower && bytes[at]! <= upper) {
      point = (point << 6) | (bytes[at++]! & 0x3f);
      lower = 0x80;
      upper = 0xbf;
      more--;
    }
    text += more > 0 ? REPLACEMENT : String.fromCodePoint(point);
  }
  return text;
}

function utf8Encode(text: string, into: Uint8Array, offset: number): number {
  const size = into.length;
  let at = offset;
  for (let index = 0; index < text.length; index++) {
    let point = text.charCodeAt(index);
    if (point < 0x80) {
      if (at >= size) return -1;
      into[at++] = point;
      continue;
    }
    if (point < 0x800) {
      if (at + 2 > size) return -1;
      into[at++] = 0xc0 | (point >> 6);
    } else {
      if (point >= 0xd800 && point <= 0xdfff) {
        const low = point < 0xdc00 ? text.charCodeAt(index + 1) : 0;
        if (low >= 0xdc00 && low <= 0xdfff) {
          point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
          index++;
        } else {
          point = 0xfffd;
        }
      }
      if (point >= 0x10000) {
        if (at + 4 > size) return -1;
        into[at++] = 0xf0 | (point >> 18);
        into[at++] = 0x80 | ((point >> 12) & 0x3f);
      } else {
        if (at + 3 > size) return -1;
        into[at++] = 0xe0 | (point >> 12);
      }
      into[at++] = 0x80 | ((point >> 6) & 0x3f);
    }
    into[at++] = 0x80 | (point & 0x3f);
  }
  return at - offset;
}

/** The same in TypeScript: what tests and apps outside an image use. */
export const portableBytes: Bytes = { findByte, findInSet, copy, equal, utf8Decode, utf8Encode, latin1Decode };

/** The helpers in use. They all mean the same, so it does not matter when they are exchanged. */
export let bytes: Bytes = portableBytes;

/** Uses the helpers of a host from now on. They are called without `this`, as the functions of the native module are. */
export function useBytes(helpers: Bytes): void {
  bytes = {
    findByte: helpers.findByte,
    findInSet: helpers.findInSet,
    copy: helpers.copy,
    equal: helpers.equal,
    utf8Decode: helpers.utf8Decode,
    utf8Encode: helpers.utf8Encode,
    latin1Decode: helpers.latin1Decode,
  };
}

/** The bytes of `text` as UTF-8, a copy of its own. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  // Most text is ASCII: try the exact size first.
  const exact = new Uint8Array(text.length);
  const length = bytes.utf8Encode(text, exact, 0);
  if (length === exact.length) return exact;
  const roomy = new Uint8Array(3 * text.length);
  return roomy.slice(0, bytes.utf8Encode(text, roomy, 0));
}

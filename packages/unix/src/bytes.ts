import { Buffer } from "node:buffer";
import { TextDecoder, TextEncoder } from "node:util";
import type { ByteHelpers } from "@soloist/interface";

/**
 * The loops over bytes that are native in an image, by Node.js's own. Everything in this package names what it takes of
 * Node.js: the bundle of an app replaces global names by the image's.
 */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

function assertRange(bytes: Uint8Array, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
    throw new RangeError(`range ${offset} + ${length} is outside a view of ${bytes.length} bytes`);
  }
}

const view = (bytes: Uint8Array, offset: number, length: number): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);

export const byteHelpers: ByteHelpers = {
  checksum(bytes, offset, length, initial) {
    assertRange(bytes, offset, length);
    let sum = initial;
    const even = offset + (length & ~1);
    for (let at = offset; at < even; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
    if ((length & 1) !== 0) sum += bytes[even]! << 8;
    while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
    return sum;
  },

  findByte(bytes, byte, offset, length) {
    assertRange(bytes, offset, length);
    const at = bytes.indexOf(byte, offset);
    return at >= 0 && at < offset + length ? at : -1;
  },

  findInSet(bytes, set, offset, length) {
    assertRange(bytes, offset, length);
    for (let at = offset; at < offset + length; at++) if (set[bytes[at]!] !== 0) return at;
    return -1;
  },

  copy(to, toOffset, from, fromOffset, length) {
    assertRange(from, fromOffset, length);
    assertRange(to, toOffset, length);
    to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
  },

  equal(a, aOffset, b, bOffset, length) {
    assertRange(a, aOffset, length);
    assertRange(b, bOffset, length);
    let difference = 0;
    for (let at = 0; at < length; at++) difference |= a[aOffset + at]! ^ b[bOffset + at]!;
    return difference === 0;
  },

  utf8Decode(bytes, offset, length) {
    assertRange(bytes, offset, length);
    return decoder.decode(bytes.subarray(offset, offset + length));
  },

  utf8Encode(text, into, offset) {
    assertRange(into, offset, 0);
    const bytes = encoder.encode(text);
    if (offset + bytes.length > into.length) return -1;
    into.set(bytes, offset);
    return bytes.length;
  },

  latin1Decode(bytes, offset, length) {
    assertRange(bytes, offset, length);
    return view(bytes, offset, length).toString("latin1");
  },
};

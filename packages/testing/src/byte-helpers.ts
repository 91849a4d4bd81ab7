import type { ByteHelpers } from "@soloist/interface";
import { assertRange } from "./assert-range.ts";
import { segmentHelpers } from "./segment-helpers.ts";

/** Those of the byte helpers that have no text in them. They name no global, so that what stands for globals may be made of them. */
export const byteLoops = {
  ...segmentHelpers,

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
    for (let index = offset; index < offset + length; index++) if (set[bytes[index]!] !== 0) return index;
    return -1;
  },

  copy(to, toOffset, from, fromOffset, length) {
    assertRange(to, toOffset, length);
    assertRange(from, fromOffset, length);
    to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
  },

  equal(a, aOffset, b, bOffset, length) {
    assertRange(a, aOffset, length);
    assertRange(b, bOffset, length);
    let difference = 0;
    for (let index = 0; index < length; index++) difference |= a[aOffset + index]! ^ b[bOffset + index]!;
    return difference === 0;
  },
} satisfies Partial<ByteHelpers>;

// Made when they are called for: in an app on Node.js these globals are modules that this one may be evaluated before.
const createCodecs = () => ({ decoder: new TextDecoder("utf-8", { ignoreBOM: true }), encoder: new TextEncoder() });
let codecs: ReturnType<typeof createCodecs> | undefined;

/** The byte helpers in TypeScript, as strict about ranges as the native ones. */
export const byteHelpers: ByteHelpers = {
  ...byteLoops,

  utf8Decode(bytes, offset, length) {
    assertRange(bytes, offset, length);
    codecs ??= createCodecs();
    return codecs.decoder.decode(bytes.subarray(offset, offset + length));
  },

  utf8Encode(text, into, offset) {
    assertRange(into, offset, 0);
    codecs ??= createCodecs();
    const bytes = codecs.encoder.encode(text);
    if (offset + bytes.length > into.length) return -1;
    into.set(bytes, offset);
    return bytes.length;
  },

  latin1Decode(bytes, offset, length) {
    assertRange(bytes, offset, length);
    let text = "";
    for (let index = 0; index < length; index++) text += String.fromCharCode(bytes[offset + index]!);
    return text;
  },
};

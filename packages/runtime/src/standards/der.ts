import { dataError } from "./jwk.ts";

/** Distinguished Encoding Rules (ITU-T X.690), as far as keys need them: tags of one byte, definite lengths. */

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const SEQUENCE = 0x30;

/**
 * Contents of the elements that `bytes` consists of: one for each of `tags` in this order, then any of `optional` in theirs.
 * Everything else, bytes behind the last one too, is a DataError.
 */
export function parseDer(bytes: Uint8Array, tags: readonly number[], optional: readonly number[] = []): Uint8Array[] {
  const contents: Uint8Array[] = [];
  let at = 0;
  let next = 0;
  while (at < bytes.length) {
    const tag = bytes[at++]!;
    if (contents.length < tags.length) {
      if (tag !== tags[contents.length]) throw dataError("DER of a key is not as expected");
    } else {
      next = optional.indexOf(tag, next) + 1;
      if (next === 0) throw dataError("DER of a key is not as expected");
    }
    let length = bytes[at++] ?? Infinity;
    if (length > 0x7f) {
      const count = length - 0x80;
      // Even RSA keys of 16,384 bits are shorter than 2^16 bytes.
      if (count !== 1 && count !== 2) throw dataError("DER of a key has a bad length");
      length = 0;
      for (let index = 0; index < count; index++) length = length * 256 + (bytes[at++] ?? Infinity);
      // X.690 10.1: the fewest bytes possible.
      if (length < (count === 1 ? 0x80 : 0x100)) throw dataError("DER of a key has a bad length");
    }
    if (length > bytes.length - at) throw dataError("DER of a key is cut off");
    contents.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (contents.length < tags.length) throw dataError("DER of a key is cut off");
  return contents;
}

/** One element of these contents. */
export function emitDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const content of contents) {
    bytes.set(content, at);
    at += content.length;
  }
  return bytes;
}

/** An INTEGER of an unsigned big-endian number. */
export function emitUnsigned(number: Uint8Array): Uint8Array {
  const bytes = trimmed(number);
  return bytes.length === 0 || bytes[0]! > 0x7f ? emitDer(INTEGER, new Uint8Array(1), bytes) : emitDer(INTEGER, bytes);
}

/** The unsigned big-endian number, without leading zeros, of an INTEGER's contents. */
export function parseUnsigned(contents: Uint8Array): Uint8Array {
  const padded = contents[0] === 0 && contents.length > 1 && contents[1]! < 0x80;
  if (contents.length === 0 || contents[0]! > 0x7f || padded) throw dataError("DER of a key has a bad number");
  return trimmed(contents);
}

/** Whole bytes of a BIT STRING's contents. */
export function parseBits(contents: Uint8Array): Uint8Array {
  if (contents[0] !== 0) throw dataError("DER of a key has bits that are no bytes");
  return contents.subarray(1);
}

export const emitBits = (bytes: Uint8Array): Uint8Array => emitDer(BIT_STRING, new Uint8Array(1), bytes);

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

function trimmed(number: Uint8Array): Uint8Array {
  const start = number.findIndex((byte) => byte !== 0);
  return start === -1 ? number.subarray(number.length) : number.subarray(start);
}

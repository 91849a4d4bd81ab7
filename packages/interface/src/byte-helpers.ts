/**
 * Loops over bytes that an interpreter is slow at: native in an image, TypeScript in tests.
 *
 * Ranges are (view, offset, length); one outside its view throws a RangeError. Signatures and meaning are those of the
 * functions of the same names in the native platform module.
 */
export interface ByteHelpers {
  /** RFC 1071 sum of 16-bit big-endian words (odd byte padded with 0), folded to 16 bits, not complemented; `initial` is a partial sum. */
  checksum(bytes: Uint8Array, offset: number, length: number, initial: number): number;
  /** Index of the first `byte` in [offset, offset + length), or -1. */
  findByte(bytes: Uint8Array, byte: number, offset: number, length: number): number;
  /** memmove. */
  copy(to: Uint8Array, toOffset: number, from: Uint8Array, fromOffset: number, length: number): void;
  /** Whether two ranges hold the same bytes. Takes the same time wherever they differ. */
  equal(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean;
  /** String of a range of UTF-8; malformed sequences become U+FFFD as TextDecoder does. */
  utf8Decode(bytes: Uint8Array, offset: number, length: number): string;
  /** Writes `text` as UTF-8 at `offset` (lone surrogates become U+FFFD) and returns how many bytes; -1 and nothing of use written when it does not fit. */
  utf8Encode(text: string, into: Uint8Array, offset: number): number;
  /** String of a range, one UTF-16 unit a byte (ISO 8859-1). */
  latin1Decode(bytes: Uint8Array, offset: number, length: number): string;
  /**
   * Index of the first byte in [offset, offset + length) whose entry in `set` (256 bytes) is not 0, or -1. Parsers of text
   * check whole fields with it.
   */
  findInSet(bytes: Uint8Array, set: Uint8Array, offset: number, length: number): number;
}

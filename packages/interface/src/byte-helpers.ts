/**
 * Loops over bytes that an interpreter is slow at: native in an image, TypeScript in tests.
 *
 * Ranges are (view, offset, length); one outside its view throws a RangeError. Signatures and meaning are those of the
 * functions of the same names in the native platform module.
 */
export interface ByteHelpers extends SegmentHelpers {
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

/**
 * What happens to the bytes of each TCP segment, at once: a call costs as much as five reads of a field. It says what a frame
 * holds and writes what it is told; whose segment it is, and what to send, is the stack's to decide.
 */
export interface SegmentHelpers {
  /**
   * Whether the frame of `length` bytes at `offset` is for us and holds a whole TCP segment, over IPv4 without options or IPv6
   * without extension headers, with every length right, the header checksum of IPv4 and, unless `trusted`, the checksum of
   * TCP: then `fields` is written and the version of IP returned, 4 or 6; otherwise 0, and nothing is written.
   *
   * `fields` has 16 elements. In: [0] the first four and [1] the last two bytes of our MAC, [2] our IPv4 address, which the frame
   * has to be for; addresses of IPv6 are not looked at. Out: [3] source address (IPv4; otherwise 0), [4] source and destination
   * port, [5] sequence and [6] acknowledgment number, [7] data offset, reserved bits and flags (16 bits), [8] window, all as on
   * the wire; [9] where in `bytes` the data starts, [10] how much there is; [11] type of service or traffic class, [12] whether the
   * options are timestamps alone as RFC 7323 appendix A has them (1 or 0), and then [13] their value.
   */
  parseSegment(bytes: Uint8Array, offset: number, length: number, trusted: boolean, fields: Int32Array): number;
  /**
   * Builds a frame at `offset` and returns its length. `headers` from `headersOffset` on: 54 (IPv4) or 74 bytes (IPv6) of
   * Ethernet, IP and TCP, of which lengths, checksums, `seq`, `ack` and `control`, the word with data offset, flags and window, are
   * filled in. Options, as many as the data offset says, lie in `into` already. The data is `length` bytes of `ring`, whose
   * length is a power of two, from index `seq` modulo that on; unused when `length` is 0. `partial`: TCP's checksum field gets
   * the sum of the pseudo-header alone, for a device that adds the rest.
   */
  emitSegment(
    into: Uint8Array,
    offset: number,
    headers: Uint8Array,
    headersOffset: number,
    ring: Uint8Array | undefined,
    seq: number,
    ack: number,
    control: number,
    length: number,
    partial: boolean,
  ): number;
}

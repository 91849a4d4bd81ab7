/** Signed, so that the engine keeps every step in 32-bit integers; unsigned entries above 2^31 would be doubles. */
const table = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  table[byte] = value;
}

/**
 * CRC-32C (Castagnoli; RFC 3720 appendix B.4) of a range, as a signed 32-bit integer. `previous` is the result for what comes
 * before the range.
 */
export function crc32c(bytes: Uint8Array, start: number, end: number, previous = 0): number {
  let crc = ~previous;
  for (let index = start; index < end; index++) crc = table[(crc ^ bytes[index]!) & 0xff]! ^ (crc >>> 8);
  return ~crc;
}

/** Throws when a range is not within its bytes. */
export function assertRange(bytes: Uint8Array, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
    throw new RangeError(`range ${offset} + ${length} is outside a view of ${bytes.length} bytes`);
  }
}

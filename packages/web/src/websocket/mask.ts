let viewed: ArrayBufferLike | undefined;
let words: Int32Array = new Int32Array(0);

/**
 * Removes (or puts on) the mask of `[start, end)` in place; `key`: offset of the four bytes of the masking key in `keys`,
 * `phase`: how many bytes of the payload came before. RFC 6455 5.3.
 *
 * By words of 32 bits, signed: an unsigned one above 2^31 would be a float in this engine.
 */
export function unmask(
  buffer: Uint8Array,
  start: number,
  end: number,
  keys: Uint8Array,
  key: number,
  phase: number,
): void {
  let at = start;
  let turn = phase & 3;
  while (at < end && ((buffer.byteOffset + at) & 3) !== 0) {
    buffer[at] = buffer[at]! ^ keys[key + turn]!;
    at++;
    turn = (turn + 1) & 3;
  }
  const count = (end - at) >> 2;
  if (count > 0) {
    if (viewed !== buffer.buffer) {
      viewed = buffer.buffer;
      words = new Int32Array(viewed, 0, viewed.byteLength >> 2);
    }
    const view = words;
    // Both the key and the words are read in the machine's own order, which is little-endian wherever an image runs.
    const word =
      keys[key + turn]! |
      (keys[key + ((turn + 1) & 3)]! << 8) |
      (keys[key + ((turn + 2) & 3)]! << 16) |
      (keys[key + ((turn + 3) & 3)]! << 24);
    let index = (buffer.byteOffset + at) >> 2;
    const stop = index + count;
    for (const unrolled = stop - 7; index < unrolled; index += 8) {
      view[index] = view[index]! ^ word;
      view[index + 1] = view[index + 1]! ^ word;
      view[index + 2] = view[index + 2]! ^ word;
      view[index + 3] = view[index + 3]! ^ word;
      view[index + 4] = view[index + 4]! ^ word;
      view[index + 5] = view[index + 5]! ^ word;
      view[index + 6] = view[index + 6]! ^ word;
      view[index + 7] = view[index + 7]! ^ word;
    }
    for (; index < stop; index++) view[index] = view[index]! ^ word;
    at += count << 2;
  }
  for (; at < end; at++) {
    buffer[at] = buffer[at]! ^ keys[key + turn]!;
    turn = (turn + 1) & 3;
  }
}

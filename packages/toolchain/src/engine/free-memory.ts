/**
 * Clears the memory that the engine's allocator holds but nobody uses, so that an image neither carries what was freed while
 * it was built nor grows with it. (The engine keeps pools of small objects of its own; those stay as they are.)
 *
 * The allocator is dlmalloc, as wasi-libc has it: chunks lie side by side, each with a header of two words in front of what
 * `malloc` returned: the size of the chunk before it when that is free, and its own size with two flags.
 */
const HEADER = 8;
const CURRENT_IN_USE = 2;
const FLAGS = 7;
const MIN_CHUNK = 16;
/** What a free chunk uses for itself: header and list links, and from 256 bytes on the links of a tree. */
const LIST_FIELDS = 16;
const TREE_FIELDS = 32;
const MIN_TREE_CHUNK = 256;
/** The last chunk is followed by dlmalloc's record of the segment. */
const SEGMENT_RECORD = 64;

/**
 * @param allocated Address that the very first `malloc` returned.
 * @returns How many bytes were cleared.
 */
export function clearFreeMemory(memory: Uint8Array, allocated: number): number {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  let cleared = 0;
  for (let chunk = allocated - HEADER; chunk + MIN_CHUNK <= memory.length; ) {
    const head = view.getUint32(chunk + 4, true);
    const size = head - (head & FLAGS);
    if (size < MIN_CHUNK || size % HEADER !== 0 || chunk + size > memory.length) break;
    if ((head & CURRENT_IN_USE) === 0) {
      const end = Math.min(chunk + size, memory.length - SEGMENT_RECORD);
      const start = chunk + (size < MIN_TREE_CHUNK ? LIST_FIELDS : TREE_FIELDS);
      if (start < end) {
        memory.fill(0, start, end);
        cleared += end - start;
      }
    }
    chunk += size;
  }
  return cleared;
}

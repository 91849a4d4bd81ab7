import type { KvStore } from "./types.ts";

const MAX_CHUNK = 128;

interface Chunk<T> {
  readonly keys: string[];
  readonly values: T[];
}

/**
 * A map whose keys are in order: of their UTF-16 units, as `<` compares strings. Chunks of up to 128 keys in an array, so that
 * finding takes two binary searches and inserting moves at most 128 entries (and, rarely, the array of chunks).
 */
export class SortedIndex<T> {
  #chunks: Chunk<T>[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get(key: string): T | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)];
    if (chunk === undefined) return undefined;
    const at = lowerBound(chunk.keys, key);
    return chunk.keys[at] === key ? chunk.values[at] : undefined;
  }

  set(key: string, value: T): void {
    if (this.#chunks.length === 0) this.#chunks.push({ keys: [], values: [] });
    const index = Math.min(this.#chunkOf(key), this.#chunks.length - 1);
    const { keys, values } = this.#chunks[index]!;
    const at = lowerBound(keys, key);
    if (keys[at] === key) {
      values[at] = value;
      return;
    }
    keys.splice(at, 0, key);
    values.splice(at, 0, value);
    this.#count++;
    if (keys.length > MAX_CHUNK) {
      const half = keys.length >> 1;
      this.#chunks.splice(index + 1, 0, { keys: keys.splice(half), values: values.splice(half) });
    }
  }

  delete(key: string): boolean {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return false;
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] !== key) return false;
    chunk.keys.splice(at, 1);
    chunk.values.splice(at, 1);
    this.#count--;
    if (chunk.keys.length === 0) this.#chunks.splice(index, 1);
    return true;
  }

  /** The first key at or, when `after`, behind `key`. */
  next(key: string, after: boolean): string | undefined {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return undefined;
    let at = lowerBound(chunk.keys, key);
    if (after && chunk.keys[at] === key) at++;
    return chunk.keys[at] ?? this.#chunks[index + 1]?.keys[0];
  }

  /** First chunk whose last key is not before `key`; their number when there is none. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { keys } = this.#chunks[middle]!;
      if (keys[keys.length - 1]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Keys of an index with a prefix, looked up one at a time, so that the index may change in between. */
export function* keysOf(index: SortedIndex<unknown>, prefix: string): IterableIterator<string> {
  for (let key = index.next(prefix, false); key?.startsWith(prefix); key = index.next(key, true)) {
    yield key;
  }
}

/** The same of a store, with values: a key that goes away before its value was read is left out. */
export async function* entriesOf(store: KvStore, prefix: string): AsyncIterableIterator<[string, Uint8Array]> {
  for (const key of store.keys(prefix)) {
    const value = await store.get(key);
    if (value !== undefined) yield [key, value];
  }
}

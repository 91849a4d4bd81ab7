import { recordSize } from "./commit.ts";
import { KvError } from "./errors.ts";
import { checkRoom, DEFAULT_MAX_KEYS, MAX_KEY_BYTES, takeChanges } from "./limits.ts";
import { entriesOf, keysOf, SortedIndex } from "./sorted-index.ts";
import type { Change, KvLimits, KvStore } from "./types.ts";

/**
 * The same contract without a device: nothing survives. For programs that run with or without a disk, and for tests.
 *
 * @example const store = disk ? await openStore(disk) : memoryStore();
 */
export function memoryStore(limits: Partial<KvLimits> = {}): KvStore {
  return new MemoryStore({
    maxKeyBytes: MAX_KEY_BYTES,
    maxUpdateBytes: 128 * 1024,
    maxBytes: 16 << 20,
    maxKeys: DEFAULT_MAX_KEYS,
    ...limits,
  });
}

class MemoryStore implements KvStore {
  readonly limits: KvLimits;
  readonly #index = new SortedIndex<Uint8Array>();
  #bytes = 0;
  #isClosed = false;
  /** Changes take effect one after the other, each later than its call returns: as on a device. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(limits: KvLimits) {
    this.limits = limits;
  }

  get count(): number {
    return this.#index.count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#checkOpen();
    return this.#index.get(key)?.slice();
  }

  has(key: string): boolean {
    this.#checkOpen();
    return this.#index.get(key) !== undefined;
  }

  set(key: string, value: Uint8Array): Promise<void> {
    return this.#queue([[key, value]], (changes) => this.#apply(changes));
  }

  delete(key: string): Promise<boolean> {
    return this.#queue([[key, undefined]], (changes) => {
      const existed = this.#index.get(key) !== undefined;
      this.#apply(changes);
      return existed;
    });
  }

  update(changes: Iterable<Change>): Promise<void> {
    return this.#queue(changes, (taken) => this.#apply(taken));
  }

  keys(prefix = ""): IterableIterator<string> {
    this.#checkOpen();
    return keysOf(this.#index, prefix);
  }

  entries(prefix = ""): AsyncIterableIterator<[string, Uint8Array]> {
    return entriesOf(this, prefix);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#last;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new KvError("ERR_KV_CLOSED", "the store was closed");
  }

  async #queue<T>(changes: Iterable<Change>, action: (changes: readonly Change[]) => T): Promise<T> {
    this.#checkOpen();
    const taken = takeChanges(changes, this.limits);
    const result = this.#last.then(() => action(taken));
    this.#last = result.catch(() => {});
    return result;
  }

  #apply(changes: readonly Change[]): void {
    let bytes = this.#bytes;
    let keys = this.#index.count;
    for (const [key, value] of changes) {
      const old = this.#index.get(key);
      if (old !== undefined) bytes -= recordSize(key, old);
      if (value !== undefined) bytes += recordSize(key, value);
      keys += (value === undefined ? 0 : 1) - (old === undefined ? 0 : 1);
    }
    checkRoom(this.limits, { bytes: this.#bytes, keys: this.#index.count }, { bytes, keys });
    for (const [key, value] of changes) {
      if (value === undefined) this.#index.delete(key);
      else this.#index.set(key, value.slice());
    }
    this.#bytes = bytes;
  }
}

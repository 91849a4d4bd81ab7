/** A change: a key and its new value; `undefined` deletes. */
export type Change = readonly [key: string, value: Uint8Array | undefined];

/** What opening a store found. */
export interface Recovery {
  /** The device was blank (or was to be formatted), and is a store now. */
  readonly formatted: boolean;
  /** Updates that were replayed, in groups as they were written. */
  readonly commits: number;
  readonly records: number;
  /** A write that power loss interrupted: it was never acknowledged, and is cut off. `block` is where it began. */
  readonly cut: readonly { readonly block: number; readonly reason: string }[];
  /** One of the two superblocks was damaged and has been written again. */
  readonly repairedSuperblock: boolean;
  /** Only when salvaging: what is missing. */
  readonly damage: readonly string[];
}

export interface KvLimits {
  /** Bytes of a key in UTF-8. */
  readonly maxKeyBytes: number;
  /** Bytes of one update: keys, values and 12 bytes for each. */
  readonly maxUpdateBytes: number;
  /** Bytes of all keys and values together, and 12 for each. */
  readonly maxBytes: number;
  readonly maxKeys: number;
}

/**
 * A key-value store. Keys are strings; values are bytes. One writer.
 *
 * A promise of `set`, `delete` or `update` resolves when the change is durable: after power loss it is there. Until then it is
 * not visible either: what was read once is never taken back. Changes become durable in the order of their calls.
 */
export interface KvStore extends AsyncDisposable {
  readonly limits: KvLimits;
  /** Number of keys. */
  readonly count: number;
  /** Bytes that count against `limits.maxBytes`. */
  readonly bytes: number;

  /** The value, yours to change; `undefined` when there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  has(key: string): boolean;
  /** The value must not change before the promise settles: it is copied when its turn comes. */
  set(key: string, value: Uint8Array): Promise<void>;
  /** Resolves to whether there was such a key. */
  delete(key: string): Promise<boolean>;
  /** All of the changes or, after power loss before it resolved, none. */
  update(changes: Iterable<Change>): Promise<void>;
  /**
   * Keys that begin with `prefix`, in the order of their UTF-16 units. Changes during the iteration are seen when they lie
   * ahead; no key comes twice.
   */
  keys(prefix?: string): IterableIterator<string>;
  /** The same with values. */
  entries(prefix?: string): AsyncIterableIterator<[key: string, value: Uint8Array]>;
  /** Resolves when all that was asked for is durable; refuses what is asked for later. */
  close(): Promise<void>;
}

/** A store on a block device. */
export interface BlockStore extends KvStore {
  readonly recovery: Recovery;
  readonly statistics: Readonly<Statistics>;
  /** Copies what is alive out of the oldest part of the log and gives that part back. Happens by itself. */
  compact(): Promise<void>;
}

/** Since the store was opened. */
export interface Statistics {
  /** Groups of updates that were written at once. */
  commits: number;
  /** Updates in them. */
  updates: number;
  blocksWritten: number;
  /** Parts of the log that compaction gave back, and bytes that it copied for that. */
  segmentsCompacted: number;
  bytesCopied: number;
  /** Parts of the log that are free now. */
  freeSegments: number;
}

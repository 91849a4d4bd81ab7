import type { BlockDevice } from "@soloist/interface";
import { type Place, readValue, recordSize } from "./commit.ts";
import { KvError } from "./errors.ts";
import { openSuperblocks } from "./format.ts";
import type { Geometry } from "./geometry.ts";
import { checkRoom, DEFAULT_MAX_KEYS, MAX_KEY_BYTES, takeChanges } from "./limits.ts";
import { Log } from "./log.ts";
import { newLog, type RecoveredLog, recover, salvage } from "./recovery.ts";
import { entriesOf, keysOf, type SortedIndex } from "./sorted-index.ts";
import type { BlockStore, Change, KvLimits, Recovery, Statistics } from "./types.ts";

export interface StoreOptions {
  /** Erases the device, all of it, and makes an empty store. A blank device (zeros only) becomes a store without this. */
  readonly format?: boolean;
  /** Most keys; the index of keys is what takes memory. Default: 65,536. */
  readonly maxKeys?: number;
  /** Opens a damaged store to read what is left (`EROFS` for writes); `recovery.damage` says what is missing. */
  readonly salvage?: boolean;
}

/** An update that waits for its turn. */
interface Pending {
  readonly changes: readonly Change[];
  /** Bytes of its records. */
  readonly size: number;
  resolve(existed: boolean): void;
  reject(error: unknown): void;
}

/** A device has one writer. */
const openDevices = new WeakSet<BlockDevice>();

/**
 * Opens the store of a block device, or makes one of a blank device. Reads all of the log: about 0.2 s a megabyte in an image.
 *
 * Throws a {@link KvError}.
 *
 * @example
 * const store = await openStore(disk);
 * for (const { block, reason } of store.recovery.cut) console.warn(`cut ${reason} at block ${block}`);
 */
export async function openStore(device: BlockDevice, options: StoreOptions = {}): Promise<BlockStore> {
  if (openDevices.has(device)) throw new KvError("EBUSY", `block device "${device.name}" is open already`);
  openDevices.add(device);
  try {
    const { geometry, formatted, repairedSuperblock } = await openSuperblocks(device, options.format ?? false);
    // A device that was just formatted holds nothing to be read.
    const read = formatted ? newLog : options.salvage ? salvage : recover;
    const log = await read(device, geometry);
    const { commits, records, cut, damage } = log;
    const recovery: Recovery = { formatted, commits, records, cut, damage, repairedSuperblock };
    return new Store(device, geometry, log, recovery, options);
  } catch (error) {
    openDevices.delete(device);
    throw error;
  }
}

class Store implements BlockStore {
  readonly limits: KvLimits;
  readonly recovery: Recovery;
  readonly statistics: Statistics = {
    commits: 0,
    updates: 0,
    blocksWritten: 0,
    segmentsCompacted: 0,
    bytesCopied: 0,
    freeSegments: 0,
  };
  readonly #device: BlockDevice;
  readonly #geometry: Geometry;
  readonly #index: SortedIndex<Place>;
  readonly #log: Log;
  #bytes: number;

  readonly #pending: Pending[] = [];
  /** Compactions since an update was written; bounds the search for room. */
  #compactedInVain = 0;
  readonly #compactions: { resolve(): void; reject(error: unknown): void }[] = [];
  #pump: Promise<void> | undefined;
  /** Why nothing is written any more. */
  #failure: KvError | undefined;
  #isClosed = false;

  constructor(device: BlockDevice, geometry: Geometry, log: RecoveredLog, recovery: Recovery, options: StoreOptions) {
    this.#device = device;
    this.#geometry = geometry;
    this.#index = log.index;
    this.#bytes = log.bytes;
    this.#log = new Log(device, geometry, log, this.statistics);
    this.recovery = recovery;
    this.limits = {
      maxKeyBytes: Math.min(MAX_KEY_BYTES, geometry.maxUpdateBytes >> 1),
      maxUpdateBytes: geometry.maxUpdateBytes,
      maxBytes: geometry.maxBytes,
      maxKeys: options.maxKeys ?? DEFAULT_MAX_KEYS,
    };
    if (options.salvage)
      this.#failure = new KvError("EROFS", "the store was opened to be salvaged: it can only be read");
  }

  get count(): number {
    return this.#index.count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#checkOpen();
    for (;;) {
      const place = this.#index.get(key);
      if (place === undefined) return undefined;
      const value = await readValue(this.#device, this.#geometry, place, key);
      // While it was read, the key may have changed, or compaction may have moved it and reused the place.
      if (this.#index.get(key) !== place) continue;
      if (value !== undefined) return value;
      throw this.#corrupt(`the value of ${JSON.stringify(key)}`, place.segment);
    }
  }

  has(key: string): boolean {
    this.#checkOpen();
    return this.#index.get(key) !== undefined;
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    await this.#enqueue([[key, value]]);
  }

  delete(key: string): Promise<boolean> {
    return this.#enqueue([[key, undefined]]);
  }

  async update(changes: Iterable<Change>): Promise<void> {
    await this.#enqueue(changes);
  }

  keys(prefix = ""): IterableIterator<string> {
    this.#checkOpen();
    return keysOf(this.#index, prefix);
  }

  entries(prefix = ""): AsyncIterableIterator<[string, Uint8Array]> {
    return entriesOf(this, prefix);
  }

  async compact(): Promise<void> {
    this.#checkWritable();
    await new Promise<void>((resolve, reject) => {
      this.#compactions.push({ resolve, reject });
      this.#start();
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#pump !== undefined) await this.#pump;
    openDevices.delete(this.#device);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new KvError("ERR_KV_CLOSED", "the store was closed");
  }

  #checkWritable(): void {
    this.#checkOpen();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #corrupt(what: string, segment: number): KvError {
    return new KvError("ERR_KV_CORRUPT", `block device "${this.#device.name}", segment ${segment}: ${what} is damaged`);
  }

  async #enqueue(changes: Iterable<Change>): Promise<boolean> {
    this.#checkWritable();
    const taken = takeChanges(changes, this.limits);
    const size = taken.reduce((sum, [key, value]) => sum + recordSize(key, value), 0);
    return new Promise((resolve, reject) => {
      this.#pending.push({ changes: taken, size, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    this.#pump ??= this.#work().finally(() => {
      this.#pump = undefined;
      if (this.#failure === undefined && this.#pending.length > 0) this.#start();
    });
  }

  /** The one place that writes: groups of updates, and compaction between them. Ends when there is nothing to do. */
  async #work(): Promise<void> {
    // Calls of the same tick go into one group.
    await undefined;
    let compaction: AsyncGenerator<void> | undefined;
    try {
      for (;;) {
        // With nothing but the reserve left, compaction goes on undisturbed: it may need all of it.
        const isUrgent = compaction !== undefined && this.#log.freeSegments <= this.#geometry.reserve;
        if (this.#pending.length > 0 && !isUrgent && this.#hasRoomFor(this.#pending[0]!.size)) {
          await this.#writeGroup();
        } else if (compaction !== undefined || this.#wantsCompaction()) {
          compaction ??= this.#compactOldest();
          const { done } = await compaction.next();
          if (done) {
            compaction = undefined;
            this.#compactions.shift()?.resolve();
          }
        } else if (this.#pending.length > 0) {
          this.#log.startSegment();
        } else {
          return;
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whether the end of the log has room; if not, a new segment is needed. */
  #hasRoomFor(size: number): boolean {
    const { builder, room } = this.#log;
    builder.reset();
    return builder.blocksWith(size) <= room;
  }

  /** Updates may use all segments but the reserve; before it comes to that, parts that are mostly dead are given back. */
  #wantsCompaction(): boolean {
    if (this.#log.live.length < 2) {
      for (const { resolve } of this.#compactions.splice(0)) resolve();
      return false;
    }
    if (this.#compactions.length > 0) return true;
    const { reserve, segments, segmentBlocks, payload } = this.#geometry;
    const { freeSegments, live } = this.#log;
    if (this.#pending.length > 0 && freeSegments <= reserve) return this.#compactedInVain <= 2 * segments;
    const data = segmentBlocks * payload;
    const isWorthwhile = (live.length - 2) * data > 2 * this.#bytes;
    return !this.#isClosed && freeSegments <= segments >> 2 && isWorthwhile;
  }

  /** Writes as many updates as fit into one commit. */
  async #writeGroup(): Promise<void> {
    const { builder, room } = this.#log;
    const most = Math.min(room, this.#geometry.commitBlocks);
    builder.reset();
    const group: { pending: Pending; existed: boolean }[] = [];
    /** What the index will say of keys in this group. */
    const ahead = new Map<string, Place | undefined>();
    const sizeOf = (key: string) => (ahead.has(key) ? ahead.get(key) : this.#index.get(key));
    let bytes = this.#bytes;
    let keys = this.#index.count;
    while (this.#pending.length > 0 && builder.blocksWith(this.#pending[0]!.size) <= most) {
      const pending = this.#pending.shift()!;
      const before = { bytes, keys };
      const after = { ...before };
      for (const [key, value] of pending.changes) {
        const old = sizeOf(key);
        after.bytes += (value === undefined ? 0 : recordSize(key, value)) - (old?.size ?? 0);
        after.keys += (value === undefined ? 0 : 1) - (old === undefined ? 0 : 1);
      }
      try {
        checkRoom(this.limits, before, after);
      } catch (error) {
        pending.reject(error);
        continue;
      }
      ({ bytes, keys } = after);
      let existed = false;
      for (const [key, value] of pending.changes) {
        existed = sizeOf(key) !== undefined;
        if (value === undefined && !existed) continue;
        const at = builder.add(key, value);
        ahead.set(key, value === undefined ? undefined : { segment: -1, at, size: builder.end - at });
      }
      group.push({ pending, existed });
    }
    if (builder.count > 0) {
      let written: { segment: number; offset: number };
      try {
        written = await this.#log.write();
      } catch (error) {
        const failure = this.#fail(error);
        for (const { pending } of group) pending.reject(failure);
        throw failure;
      }
      for (const [key, place] of ahead) {
        if (place === undefined) this.#index.delete(key);
        else this.#index.set(key, { segment: written.segment, at: written.offset + place.at, size: place.size });
      }
      this.#bytes = bytes;
      this.statistics.commits++;
    }
    this.#compactedInVain = 0;
    this.statistics.updates += group.length;
    for (const { pending, existed } of group) pending.resolve(existed);
  }

  /**
   * Copies what is alive in the oldest segment to the end of the log, and takes the segment out. Yields after each commit, so
   * that updates go on in between.
   */
  async *#compactOldest(): AsyncGenerator<void> {
    const { builder, reader, live } = this.#log;
    const victim = live[0]!;
    const { payload, commitBlocks } = this.#geometry;
    const copied: { key: string; place: Place; at: number }[] = [];
    builder.reset();
    for (let block = 0, number = 0; number < victim.commits; number++) {
      const header = await reader.read(victim.segment, block, (found) => found.sequence === victim.sequence);
      if (typeof header === "string") throw this.#corrupt(`commit ${number}`, victim.segment);
      const offset = block * payload;
      // The reader keeps the commit while updates are written: they do not read.
      for (const record of reader.records) {
        const place = this.#index.get(record.key);
        if (place?.segment !== victim.segment || place.at !== offset + record.at) continue;
        if (builder.blocksWith(record.size) > Math.min(this.#log.room, commitBlocks)) {
          if (builder.count > 0) {
            await this.#writeCopies(copied);
            yield;
            builder.reset();
            const now = this.#index.get(record.key);
            if (now !== place) continue;
          }
          if (builder.blocksWith(record.size) > this.#log.room) this.#log.startSegment();
        }
        copied.push({ key: record.key, place, at: builder.copy(reader.data, record.at, record.size) });
      }
      block += header.blocks;
    }
    if (builder.blocksWith(0) > this.#log.room) this.#log.startSegment();
    // From this commit on the segment is no part of the log; with it, its last copies become durable.
    this.#log.retireOldest();
    await this.#writeCopies(copied);
    this.statistics.segmentsCompacted++;
    this.#compactedInVain++;
  }

  async #writeCopies(copied: { key: string; place: Place; at: number }[]): Promise<void> {
    const { segment, offset } = await this.#log.write();
    for (const { key, place, at } of copied) {
      this.#index.set(key, { segment, at: offset + at, size: place.size });
      this.statistics.bytesCopied += place.size;
    }
    copied.length = 0;
  }

  /** After a failed write nobody knows what is on the device: only opening the store again can tell. */
  #fail(error: unknown): KvError {
    this.#failure ??=
      error instanceof KvError
        ? error
        : new KvError("EIO", `a write failed: ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
    for (const { reject } of this.#compactions.splice(0)) reject(this.#failure);
    return this.#failure;
  }
}

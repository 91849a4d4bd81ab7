import type { BlockDevice } from "@soloist/interface";
import { CommitBuilder, CommitReader } from "./commit.ts";
import { KvError } from "./errors.ts";
import { firstBlock, type Geometry } from "./geometry.ts";
import type { LiveSegment, RecoveredLog } from "./recovery.ts";
import type { Statistics } from "./types.ts";

const MAX_SEQUENCE = 0xffffffff;

/** The end of the log, where commits are appended, and the queue of segments behind it. One caller at a time. */
export class Log {
  readonly builder: CommitBuilder;
  readonly reader: CommitReader;
  /** Oldest first. The last one is appended to. */
  readonly live: LiveSegment[];
  readonly #device: BlockDevice;
  readonly #geometry: Geometry;
  readonly #free: number[];
  /** Segments whose content is dead as soon as a commit says so. */
  readonly #retired: { segment: number; sequence: number }[] = [];
  readonly #statistics: Statistics;
  /** Next block of the newest segment. */
  #block: number;
  /** Sequence of the oldest segment that is still part of the log. */
  #oldest: number;

  constructor(device: BlockDevice, geometry: Geometry, recovered: RecoveredLog, statistics: Statistics) {
    this.builder = new CommitBuilder(geometry);
    this.reader = new CommitReader(device, geometry);
    this.live = recovered.live;
    this.#device = device;
    this.#geometry = geometry;
    this.#free = recovered.free;
    this.#statistics = statistics;
    this.#oldest = recovered.live[0]?.sequence ?? 1;
    // What an interrupted write left there was never acknowledged: it may be written over.
    this.#block = recovered.live.length > 0 ? recovered.end : geometry.segmentBlocks;
    statistics.freeSegments = this.#free.length;
  }

  get freeSegments(): number {
    return this.#free.length;
  }

  /** Blocks that the next commit may take without a new segment. */
  get room(): number {
    return this.#geometry.segmentBlocks - this.#block;
  }

  /** Where the log goes on: a free segment. */
  startSegment(): void {
    const segment = this.#free.shift();
    if (segment === undefined) throw new KvError("ENOSPC", `block device "${this.#device.name}" has no free segment`);
    const sequence = (this.live[this.live.length - 1]?.sequence ?? this.#oldest - 1) + 1;
    if (sequence > MAX_SEQUENCE) throw new KvError("ENOSPC", "the store has used up its sequence numbers");
    this.live.push({ segment, sequence, commits: 0 });
    this.#block = 0;
    this.#statistics.freeSegments = this.#free.length;
  }

  /** Takes the oldest segment out of the log, from the next commit on. */
  retireOldest(): void {
    const { segment, sequence } = this.live.shift()!;
    this.#retired.push({ segment, sequence });
    this.#oldest = sequence + 1;
  }

  /**
   * Writes the builder's records, for which there must be room. Resolves when they are durable, with the segment and the
   * offset in it of the commit's first byte.
   */
  async write(): Promise<{ segment: number; offset: number }> {
    const head = this.live[this.live.length - 1]!;
    const block = this.#block;
    const oldest = this.#oldest;
    const blocks = this.builder.emit({
      sequence: head.sequence,
      number: head.commits,
      oldest,
      previous: this.live[this.live.length - 2]?.commits ?? 0,
    });
    const count = blocks.length / this.#geometry.blockSize;
    await this.#device.write(firstBlock(this.#geometry, head.segment) + block, blocks);
    head.commits++;
    this.#block = block + count;
    this.#statistics.blocksWritten += count;
    for (let retired = this.#retired[0]; retired && retired.sequence < oldest; retired = this.#retired[0]) {
      this.#free.push(retired.segment);
      this.#retired.shift();
    }
    this.#statistics.freeSegments = this.#free.length;
    return { segment: head.segment, offset: block * this.#geometry.payload };
  }
}

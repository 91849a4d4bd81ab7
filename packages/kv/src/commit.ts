import type { BlockDevice } from "@soloist/interface";
import { crc32c } from "./crc32c.ts";
import { firstBlock, type Geometry, TAG_SIZE } from "./geometry.ts";
import {
  COMMIT_BLOCKS,
  COMMIT_COUNT,
  COMMIT_CRC,
  COMMIT_HEADER,
  COMMIT_LENGTH,
  COMMIT_NUMBER,
  COMMIT_OLDEST,
  COMMIT_PREVIOUS,
  COMMIT_SEQUENCE,
  KIND_DELETE,
  KIND_SET,
  RECORD_CRC,
  RECORD_HEADER,
  RECORD_KEY_LENGTH,
  RECORD_KIND,
  RECORD_VALUE_LENGTH,
  TAG_CONTINUED,
  TAG_HEAD,
} from "./layout.ts";
import { readBlocks } from "./read-blocks.ts";
import { emitUtf8, parseUtf8, utf8Length } from "./utf8.ts";

/** What a commit says of itself and of the log. */
export interface CommitHeader {
  /** Of the segment: one more than that of the segment before it. */
  readonly sequence: number;
  /** Within the segment, from 0. */
  readonly number: number;
  /** Sequence of the oldest segment that is part of the log. */
  readonly oldest: number;
  /** How many commits the segment before this one has. */
  readonly previous: number;
  readonly blocks: number;
}

/** Where a record is: the segment, and the offset among the segment's data bytes (tags left out). */
export interface Place {
  readonly segment: number;
  readonly at: number;
  /** Bytes of the record. */
  readonly size: number;
}

export interface ParsedRecord {
  readonly key: string;
  readonly isDelete: boolean;
  /** Of the record, from the start of the commit. */
  readonly at: number;
  readonly size: number;
}

/** Collects records and makes the blocks of a commit of them. Reused: its two buffers are all the memory that writing takes. */
export class CommitBuilder {
  readonly #geometry: Geometry;
  readonly #data: Uint8Array;
  readonly #view: DataView;
  readonly #blocks: Uint8Array;
  #end = COMMIT_HEADER;
  #count = 0;
  #crcs: number[] = [];

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#data = new Uint8Array(geometry.commitBlocks * geometry.payload);
    this.#view = new DataView(this.#data.buffer);
    this.#blocks = new Uint8Array(geometry.commitBlocks * geometry.blockSize);
  }

  get count(): number {
    return this.#count;
  }

  get end(): number {
    return this.#end;
  }

  /** Blocks that the commit takes with `more` bytes. */
  blocksWith(more: number): number {
    return Math.ceil((this.#end + more) / this.#geometry.payload);
  }

  reset(): void {
    this.#end = COMMIT_HEADER;
    this.#count = 0;
    this.#crcs.length = 0;
  }

  /** Adds a record, for which there must be room, and returns its offset. */
  add(key: string, value: Uint8Array | undefined): number {
    const at = this.#end;
    const data = this.#data;
    const keyEnd = emitUtf8(key, data, at + RECORD_HEADER);
    data[at + RECORD_KIND] = value === undefined ? KIND_DELETE : KIND_SET;
    data[at + RECORD_KIND + 1] = 0;
    this.#view.setUint16(at + RECORD_KEY_LENGTH, keyEnd - at - RECORD_HEADER, true);
    this.#view.setUint32(at + RECORD_VALUE_LENGTH, value?.length ?? 0, true);
    if (value !== undefined) data.set(value, keyEnd);
    const end = keyEnd + (value?.length ?? 0);
    const crc = crc32c(data, at + RECORD_KIND, end);
    this.#view.setInt32(at + RECORD_CRC, crc, true);
    this.#finish(end, crc);
    return at;
  }

  /** Adds a record of another commit as it is. */
  copy(from: Uint8Array, offset: number, size: number): number {
    const at = this.#end;
    this.#data.set(from.subarray(offset, offset + size), at);
    this.#finish(at + size, this.#view.getInt32(at + RECORD_CRC, true));
    return at;
  }

  #finish(end: number, crc: number): void {
    this.#end = end;
    this.#count++;
    this.#crcs.push(crc);
  }

  /** The commit's blocks, ready to be written; valid until the next call of anything. */
  emit(header: Omit<CommitHeader, "blocks">): Uint8Array {
    const { payload, blockSize } = this.#geometry;
    const view = this.#view;
    const blocks = this.blocksWith(0);
    view.setUint32(COMMIT_SEQUENCE, header.sequence, true);
    view.setUint32(COMMIT_NUMBER, header.number, true);
    view.setUint32(COMMIT_OLDEST, header.oldest, true);
    view.setUint32(COMMIT_PREVIOUS, header.previous, true);
    view.setUint32(COMMIT_BLOCKS, blocks, true);
    view.setUint32(COMMIT_LENGTH, this.#end - COMMIT_HEADER, true);
    view.setUint32(COMMIT_COUNT, this.#count, true);
    view.setInt32(COMMIT_CRC, commitCrc(this.#data, this.#crcs), true);
    this.#data.fill(0, this.#end, blocks * payload);
    const out = this.#blocks;
    const outView = new DataView(out.buffer);
    for (let block = 0; block < blocks; block++) {
      outView.setUint32(block * blockSize, block === 0 ? TAG_HEAD : TAG_CONTINUED, true);
      out.set(this.#data.subarray(block * payload, (block + 1) * payload), block * blockSize + TAG_SIZE);
    }
    return out.subarray(0, blocks * blockSize);
  }
}

const word = new Uint8Array(4);
const wordView = new DataView(word.buffer);

/** Over the header and the records' own checksums: with those, every byte is covered, and read once. */
function commitCrc(data: Uint8Array, crcs: readonly number[]): number {
  let crc = crc32c(data, COMMIT_SEQUENCE, COMMIT_HEADER);
  for (const one of crcs) {
    wordView.setInt32(0, one, true);
    crc = crc32c(word, 0, 4, crc);
  }
  return crc;
}

/** Reads commits. Its buffers hold one commit at a time. */
export class CommitReader {
  readonly #device: BlockDevice;
  readonly #geometry: Geometry;
  readonly #blocks: Uint8Array;
  readonly #view: DataView;
  readonly #dataView: DataView;
  /** The bytes of the commit that was read last, without tags. */
  readonly data: Uint8Array;
  /** Its records. */
  records: ParsedRecord[] = [];

  constructor(device: BlockDevice, geometry: Geometry) {
    this.#device = device;
    this.#geometry = geometry;
    this.#blocks = new Uint8Array(geometry.commitBlocks * geometry.blockSize);
    this.#view = new DataView(this.#blocks.buffer);
    this.data = new Uint8Array(geometry.commitBlocks * geometry.payload);
    this.#dataView = new DataView(this.data.buffer);
  }

  /**
   * Reads the commit that begins at a block of a segment. Returns what is there: a valid commit, "blank" (only zeros), "old"
   * (a sound header that the caller does not `want`), or "torn" (anything else).
   */
  async read(
    segment: number,
    block: number,
    want: (header: CommitHeader) => boolean,
  ): Promise<CommitHeader | "blank" | "old" | "torn"> {
    const { blockSize, payload, segmentBlocks, commitBlocks } = this.#geometry;
    const start = firstBlock(this.#geometry, segment) + block;
    await this.#device.read(start, this.#blocks.subarray(0, blockSize));
    if (this.#view.getUint32(0, true) !== TAG_HEAD) return this.#kindOfFirst();
    const field = (offset: number) => this.#view.getUint32(TAG_SIZE + offset, true);
    const header: CommitHeader = {
      sequence: field(COMMIT_SEQUENCE),
      number: field(COMMIT_NUMBER),
      oldest: field(COMMIT_OLDEST),
      previous: field(COMMIT_PREVIOUS),
      blocks: field(COMMIT_BLOCKS),
    };
    const end = COMMIT_HEADER + field(COMMIT_LENGTH);
    const { blocks } = header;
    if (blocks < 1 || blocks > commitBlocks || block + blocks > segmentBlocks || end > blocks * payload) return "torn";
    if (!want(header)) return "old";
    if (blocks > 1) await readBlocks(this.#device, start + 1, this.#blocks.subarray(blockSize, blocks * blockSize));
    for (let index = 0; index < blocks; index++) {
      const at = index * blockSize;
      if (index > 0 && this.#view.getUint32(at, true) !== TAG_CONTINUED) return "torn";
      this.data.set(this.#blocks.subarray(at + TAG_SIZE, at + blockSize), index * payload);
    }
    return this.#parse(end, field(COMMIT_COUNT)) ? header : "torn";
  }

  /** Blocks of a segment, from one up to another, that look like a commit's first. */
  async findHeads(segment: number, from: number, to: number): Promise<number[]> {
    const { blockSize, segmentBlocks, commitBlocks } = this.#geometry;
    const heads: number[] = [];
    const end = Math.min(to, segmentBlocks);
    for (let block = from; block < end; block += commitBlocks) {
      const count = Math.min(commitBlocks, end - block);
      const start = firstBlock(this.#geometry, segment) + block;
      await readBlocks(this.#device, start, this.#blocks.subarray(0, count * blockSize));
      for (let index = 0; index < count; index++) {
        if (this.#view.getUint32(index * blockSize, true) === TAG_HEAD) heads.push(block + index);
      }
    }
    return heads;
  }

  #kindOfFirst(): "blank" | "old" | "torn" {
    const { blockSize } = this.#geometry;
    if (this.#view.getUint32(0, true) === TAG_CONTINUED) return "old";
    for (let at = 0; at < blockSize; at += 4) if (this.#view.getUint32(at, true) !== 0) return "torn";
    return "blank";
  }

  #parse(end: number, count: number): boolean {
    const { data } = this;
    const view = this.#dataView;
    const records: ParsedRecord[] = [];
    const crcs: number[] = [];
    let at = COMMIT_HEADER;
    while (at < end) {
      if (at + RECORD_HEADER > end) return false;
      const keyEnd = at + RECORD_HEADER + view.getUint16(at + RECORD_KEY_LENGTH, true);
      const recordEnd = keyEnd + view.getUint32(at + RECORD_VALUE_LENGTH, true);
      const crc = view.getInt32(at + RECORD_CRC, true);
      if (recordEnd > end || crc32c(data, at + RECORD_KIND, recordEnd) !== crc) return false;
      const key = parseUtf8(data, at + RECORD_HEADER, keyEnd);
      records.push({ key, isDelete: data[at + RECORD_KIND] === KIND_DELETE, at, size: recordEnd - at });
      crcs.push(crc);
      at = recordEnd;
    }
    if (records.length !== count || commitCrc(data, crcs) !== view.getInt32(COMMIT_CRC, true)) return false;
    this.records = records;
    return true;
  }
}

export const recordSize = (key: string, value: Uint8Array | undefined) =>
  RECORD_HEADER + utf8Length(key) + (value?.length ?? 0);

/** Reads a record by its place, and its value out of that; undefined when its checksum or key is not right. */
export async function readValue(
  device: BlockDevice,
  geometry: Geometry,
  place: Place,
  key: string,
): Promise<Uint8Array | undefined> {
  const { blockSize, payload } = geometry;
  const first = Math.floor(place.at / payload);
  const last = Math.floor((place.at + place.size - 1) / payload);
  const blocks = new Uint8Array((last - first + 1) * blockSize);
  await readBlocks(device, firstBlock(geometry, place.segment) + first, blocks);
  const record = new Uint8Array(place.size);
  const skip = place.at - first * payload;
  for (let index = 0; index <= last - first; index++) {
    const from = index === 0 ? skip : 0;
    const at = index * payload + from - skip;
    const length = Math.min(payload - from, place.size - at);
    record.set(blocks.subarray(index * blockSize + TAG_SIZE + from, index * blockSize + TAG_SIZE + from + length), at);
  }
  const view = new DataView(record.buffer);
  if (crc32c(record, RECORD_KIND, record.length) !== view.getInt32(RECORD_CRC, true)) return undefined;
  const keyEnd = RECORD_HEADER + view.getUint16(RECORD_KEY_LENGTH, true);
  if (parseUtf8(record, RECORD_HEADER, keyEnd) !== key) return undefined;
  return record.slice(keyEnd);
}

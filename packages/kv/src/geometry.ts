import type { BlockDevice } from "@soloist/interface";
import { crc32c } from "./crc32c.ts";
import { KvError } from "./errors.ts";
import { COMMIT_HEADER } from "./layout.ts";

/** How a device is divided. FORMAT.md gives the reasons for the numbers. */
export interface Geometry {
  readonly blockSize: number;
  /** Blocks in a segment, and segments. The first segment begins behind the superblocks. */
  readonly segmentBlocks: number;
  readonly segments: number;
  /** Bytes of a block that hold data: all but its tag. */
  readonly payload: number;
  /** Most blocks of one commit. */
  readonly commitBlocks: number;
  /** Segments that only compaction may use. */
  readonly reserve: number;
  readonly maxUpdateBytes: number;
  readonly maxBytes: number;
}

export const SUPERBLOCKS = 2;
export const TAG_SIZE = 4;
const MIN_SEGMENTS = 16;
const MIN_SEGMENT_BLOCKS = 32;
const MAX_SEGMENT_BYTES = 1 << 20;
/** A larger device gets larger segments before it gets more of them. */
const AIM_SEGMENTS = 64;
/** One group of updates; more would only add latency. */
const GROUP_BYTES = 64 * 1024;
/** An update takes at most this part of a segment, which bounds what is lost at a segment's end. */
const UPDATE_PART = 8;

/** Part of the device that live data may take: the rest is what makes compaction cheap, and always possible. */
const FILL = 0.4;

const MAGIC = "SLKVSTOR";
const VERSION = 1;
const SUPERBLOCK_CRC = 12;
const SUPERBLOCK_FIELDS = 16;
const SUPERBLOCK_SIZE = 28;

export function geometryFor({ blockSize, blocks, name }: BlockDevice): Geometry {
  const most = Math.max(MIN_SEGMENT_BLOCKS, Math.floor(MAX_SEGMENT_BYTES / blockSize));
  const wanted = Math.floor((blocks - SUPERBLOCKS) / AIM_SEGMENTS);
  const segmentBlocks = Math.min(Math.max(wanted, MIN_SEGMENT_BLOCKS), most);
  const segments = Math.floor((blocks - SUPERBLOCKS) / segmentBlocks);
  if (segments < MIN_SEGMENTS) {
    const needed = (SUPERBLOCKS + MIN_SEGMENTS * MIN_SEGMENT_BLOCKS) * blockSize;
    throw new KvError("ENOSPC", `block device "${name}" is too small for a store: it needs ${needed} bytes`);
  }
  return complete(blockSize, segmentBlocks, segments);
}

function complete(blockSize: number, segmentBlocks: number, segments: number): Geometry {
  const payload = blockSize - TAG_SIZE;
  const updateBlocks = Math.floor(segmentBlocks / UPDATE_PART);
  return {
    blockSize,
    segmentBlocks,
    segments,
    payload,
    commitBlocks: Math.max(updateBlocks, Math.min(segmentBlocks, Math.ceil(GROUP_BYTES / blockSize))),
    reserve: Math.max(4, Math.ceil(segments / 8) + 1),
    maxUpdateBytes: updateBlocks * payload - COMMIT_HEADER,
    maxBytes: Math.floor(segments * segmentBlocks * blockSize * FILL),
  };
}

export function emitSuperblock(geometry: Geometry): Uint8Array {
  const block = new Uint8Array(geometry.blockSize);
  const view = new DataView(block.buffer);
  for (let index = 0; index < MAGIC.length; index++) block[index] = MAGIC.charCodeAt(index);
  view.setUint32(8, VERSION, true);
  view.setUint32(SUPERBLOCK_FIELDS, geometry.blockSize, true);
  view.setUint32(SUPERBLOCK_FIELDS + 4, geometry.segmentBlocks, true);
  view.setUint32(SUPERBLOCK_FIELDS + 8, geometry.segments, true);
  view.setInt32(
    SUPERBLOCK_CRC,
    crc32c(block, SUPERBLOCK_FIELDS, SUPERBLOCK_SIZE, crc32c(block, 0, SUPERBLOCK_CRC)),
    true,
  );
  return block;
}

/** The geometry in a block; undefined when it is no superblock. Throws for one that this device or version cannot serve. */
export function parseSuperblock(block: Uint8Array, device: BlockDevice): Geometry | undefined {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  for (let index = 0; index < MAGIC.length; index++) if (block[index] !== MAGIC.charCodeAt(index)) return undefined;
  const crc = crc32c(block, SUPERBLOCK_FIELDS, SUPERBLOCK_SIZE, crc32c(block, 0, SUPERBLOCK_CRC));
  if (crc !== view.getInt32(SUPERBLOCK_CRC, true)) return undefined;
  const version = view.getUint32(8, true);
  const [blockSize, segmentBlocks, segments] = [0, 4, 8].map((at) => view.getUint32(SUPERBLOCK_FIELDS + at, true)) as [
    number,
    number,
    number,
  ];
  const what = `the store on block device "${device.name}"`;
  if (version !== VERSION)
    throw new KvError("ERR_KV_FOREIGN", `${what} has version ${version}; this is version ${VERSION}`);
  if (blockSize !== device.blockSize) {
    throw new KvError("EINVAL", `${what} was made with blocks of ${blockSize} bytes, not ${device.blockSize}`);
  }
  if (SUPERBLOCKS + segmentBlocks * segments > device.blocks) {
    throw new KvError(
      "ERR_KV_CORRUPT",
      `${what} needs ${SUPERBLOCKS + segmentBlocks * segments} blocks, there are ${device.blocks}`,
    );
  }
  return complete(blockSize, segmentBlocks, segments);
}

export const firstBlock = (geometry: Geometry, segment: number) => SUPERBLOCKS + segment * geometry.segmentBlocks;

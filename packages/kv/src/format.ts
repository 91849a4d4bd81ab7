import type { BlockDevice } from "@soloist/interface";
import { KvError } from "./errors.ts";
import { emitSuperblock, type Geometry, geometryFor, parseSuperblock, SUPERBLOCKS } from "./geometry.ts";
import { readBlocks } from "./read-blocks.ts";

const CHUNK_BYTES = 64 * 1024;

export interface Opened {
  readonly geometry: Geometry;
  readonly formatted: boolean;
  readonly repairedSuperblock: boolean;
}

/** Finds the store of a device; makes one of a blank device, and of any device when `format` is set. */
export async function openSuperblocks(device: BlockDevice, format: boolean): Promise<Opened> {
  const blocks = [];
  for (let index = 0; index < SUPERBLOCKS; index++) {
    const block = new Uint8Array(device.blockSize);
    if (index < device.blocks) await device.read(index, block);
    blocks.push(block);
  }
  if (!format) {
    const found = blocks.map((block) => parseSuperblock(block, device));
    const geometry = found[0] ?? found[1];
    if (geometry !== undefined) {
      const broken = found.indexOf(undefined);
      if (broken >= 0) await device.write(broken, emitSuperblock(geometry));
      return { geometry, formatted: false, repairedSuperblock: broken >= 0 };
    }
  }
  const geometry = geometryFor(device);
  const superblock = emitSuperblock(geometry);
  if (format) await erase(device);
  else await checkBlank(device, blocks[0]!, superblock);
  for (let index = 0; index < SUPERBLOCKS; index++) await device.write(index, superblock);
  return { geometry, formatted: true, repairedSuperblock: false };
}

/** Nothing but zeros, or what a power loss left of the first superblock: then no update was ever acknowledged. */
async function checkBlank(device: BlockDevice, first: Uint8Array, superblock: Uint8Array): Promise<void> {
  let isBlank = first.every((byte, index) => byte === 0 || byte === superblock[index]);
  if (isBlank) {
    await eachChunk(device, 1, (_block, chunk) => {
      isBlank &&= isZero(chunk);
      return Promise.resolve();
    });
  }
  if (isBlank) return;
  throw new KvError(
    "ERR_KV_FOREIGN",
    `block device "${device.name}" holds something that is not a store; opening it with { format: true } erases it`,
  );
}

/** From the superblocks on: as soon as they are gone, what is left is no store. */
async function erase(device: BlockDevice): Promise<void> {
  await eachChunk(device, 0, async (block, chunk) => {
    if (isZero(chunk)) return;
    chunk.fill(0);
    await device.write(block, chunk);
  });
}

async function eachChunk(
  device: BlockDevice,
  from: number,
  use: (block: number, chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const count = Math.max(1, Math.floor(CHUNK_BYTES / device.blockSize));
  const buffer = new Uint8Array(count * device.blockSize);
  for (let block = from; block < device.blocks; block += count) {
    const chunk = buffer.subarray(0, Math.min(count, device.blocks - block) * device.blockSize);
    await readBlocks(device, block, chunk);
    await use(block, chunk);
  }
}

/** Decodes and compares, both native in the engine: a loop over a disk's words makes a first boot under TCG wait for many seconds. */
function isZero(bytes: Uint8Array): boolean {
  // Nothing but a zero byte becomes U+0000.
  return decoder.decode(bytes) === "\0".repeat(bytes.length);
}

const decoder = new TextDecoder();

import type { BlockDevice, Device } from "@soloist/interface";
import { SoloistError } from "@soloist/interface";
import { blockAcquire, blockRead, blockWrite } from "./platform.ts";
import { yieldNow } from "./yield-now.ts";

/** The smallest disk that every host can attach; an optional device of this size is a stand-in. */
const STAND_IN_BLOCKS = 1;

type Transfer = (handle: number, block: number, buffer: Uint8Array, offset: number) => number;

/** Takes the device of the manifest called `name`. Throws `ENODEV` when the host attached none. */
export function openBlockDevice(name: string): BlockDevice {
  const state = new Float64Array(2);
  const handle = blockAcquire(name, state);
  if (handle < 0) throw new SoloistError("ENODEV", `the host attached no block device "${name}"`);
  const blockSize = state[0]!;
  const blocks = state[1]!;

  function count(block: number, buffer: Uint8Array): number {
    const length = buffer.byteLength;
    if (length === 0 || length % blockSize !== 0) {
      throw new SoloistError(
        "EINVAL",
        `block device "${name}": a buffer of ${length} bytes is not a positive multiple of the block size, ${blockSize}`,
      );
    }
    const wanted = length / blockSize;
    if (!Number.isInteger(block) || block < 0 || block + wanted > blocks) {
      throw new SoloistError(
        "ERANGE",
        `block device "${name}": ${wanted} block(s) from ${block} on lie beyond its ${blocks} blocks`,
      );
    }
    return wanted;
  }

  function one(transfer: Transfer, block: number, buffer: Uint8Array, offset: number): void {
    if (transfer(handle, block, buffer, offset) !== 0) {
      const verb = transfer === blockRead ? "read" : "write";
      throw new SoloistError("EIO", `block device "${name}": could not ${verb} block ${block}`);
    }
  }

  function atomic(transfer: Transfer, block: number, buffer: Uint8Array): void {
    const wanted = count(block, buffer);
    for (let index = 0; index < wanted; index++) one(transfer, block + index, buffer, index * blockSize);
  }

  async function scheduled(transfer: Transfer, block: number, buffer: Uint8Array): Promise<void> {
    const wanted = count(block, buffer);
    for (let index = 0; index < wanted; index++) {
      if (index > 0) await yieldNow();
      one(transfer, block + index, buffer, index * blockSize);
    }
  }

  return {
    name,
    blockSize,
    blocks,
    readSync: (block, into) => atomic(blockRead, block, into),
    writeSync: (block, from) => atomic(blockWrite, block, from),
    read: (block, into) => scheduled(blockRead, block, into),
    write: (block, from) => scheduled(blockWrite, block, from),
  };
}

/**
 * A raw block device: main gets whole blocks. `name` is 1 to 67 letters and digits; the host attaches a device by it, as
 * in `--block:storage=disk.img`.
 *
 * @example
 * run([block("storage")], async (disk) => {
 *   const first = new Uint8Array(disk.blockSize);
 *   await disk.read(0, first);
 * });
 */
export function block(name: string): Device<BlockDevice>;
/**
 * A disk that the app may do without: main gets `undefined` when nobody attached one.
 *
 * Every device of an image's manifest has to be there when it boots (Solo5 and the virtio kernel insist). So a disk of a
 * single block stands for none: `soloist run` attaches one by itself, other hosts are given a file of 512 bytes.
 *
 * @example
 * run([block("links", { optional: true })], async (disk) => {
 *   const store = disk ? await openStore(disk) : memoryStore();
 * });
 */
export function block(name: string, options: { readonly optional: true }): Device<BlockDevice | undefined>;
export function block(name: string, options?: { readonly optional: true }): Device<BlockDevice | undefined> {
  const optional = options?.optional === true;
  return {
    manifest: [optional ? { name, type: "block", optional } : { name, type: "block" }],
    parameters: [],
    open(host) {
      const device = host.blockDevice(name);
      return optional && device.blocks <= STAND_IN_BLOCKS ? undefined : device;
    },
  };
}

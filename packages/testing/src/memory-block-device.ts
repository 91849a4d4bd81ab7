import { type BlockDevice, SoloistError } from "@soloist/interface";

export interface MemoryBlockDeviceOptions {
  readonly name?: string;
  readonly blockSize?: number;
  readonly blocks?: number;
}

/** A disk in memory. */
export function memoryBlockDevice(
  options: MemoryBlockDeviceOptions = {},
): BlockDevice & { readonly content: Uint8Array } {
  const blockSize = options.blockSize ?? 512;
  const blocks = options.blocks ?? 64;
  const content = new Uint8Array(blockSize * blocks);

  function check(block: number, buffer: Uint8Array): void {
    if (buffer.length === 0 || buffer.length % blockSize !== 0) {
      throw new SoloistError("EINVAL", `${buffer.length} bytes are not whole blocks of ${blockSize}`);
    }
    if (!Number.isInteger(block) || block < 0 || block + buffer.length / blockSize > blocks) {
      throw new SoloistError("ERANGE", `block ${block} and what follows are beyond the ${blocks} blocks of the disk`);
    }
  }

  function readSync(block: number, into: Uint8Array): void {
    check(block, into);
    into.set(content.subarray(block * blockSize, block * blockSize + into.length));
  }

  function writeSync(block: number, from: Uint8Array): void {
    check(block, from);
    content.set(from, block * blockSize);
  }

  return {
    name: options.name ?? "disk",
    blockSize,
    blocks,
    content,
    readSync,
    writeSync,
    async read(block, into) {
      check(block, into);
      for (let at = 0; at < into.length; at += blockSize) {
        readSync(block + at / blockSize, into.subarray(at, at + blockSize));
        await undefined;
      }
    },
    async write(block, from) {
      check(block, from);
      for (let at = 0; at < from.length; at += blockSize) {
        writeSync(block + at / blockSize, from.subarray(at, at + blockSize));
        await undefined;
      }
    },
  };
}

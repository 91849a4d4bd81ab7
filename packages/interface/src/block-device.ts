/**
 * A disk of whole blocks. Offsets are block numbers; buffers are whole blocks.
 *
 * Every operation throws (or rejects with) a {@link SoloistError}: `EINVAL` when a buffer is not a positive multiple of
 * `blockSize` bytes, `ERANGE` when blocks lie beyond `capacity`, `EIO` when the device failed.
 */
export interface BlockDevice {
  readonly name: string;
  /** Bytes in a block. */
  readonly blockSize: number;
  /** Number of blocks. */
  readonly blocks: number;

  /** Atomic: reads at once; no other task runs meanwhile. */
  readSync(block: number, into: Uint8Array): void;
  writeSync(block: number, from: Uint8Array): void;
  /** Scheduled: other tasks run between one block and the next. */
  read(block: number, into: Uint8Array): Promise<void>;
  write(block: number, from: Uint8Array): Promise<void>;
}

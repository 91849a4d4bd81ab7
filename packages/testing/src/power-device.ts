import { type BlockDevice, SoloistError } from "@soloist/interface";

/** Random numbers 0 ≤ n < limit of a seed. */
export function numbers(seed: number): (limit: number) => number {
  let state = (seed * 2654435761 + 1) >>> 0;
  return (limit) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) >>> 0;
    return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * limit);
  };
}

export interface PowerOptions {
  readonly blockSize?: number;
  readonly blocks?: number;
  /** What the device holds; not copied. */
  readonly content?: Uint8Array;
  /** The power fails during this write of a block, counted from 0 over the device's life. */
  readonly cutAt?: number;
  /** Called before each write of a block, with what the disk would hold if the power failed now. The run waits for it. */
  readonly onWrite?: (content: Uint8Array, write: number) => Promise<void>;
  readonly seed?: number;
  /** Whether blocks in flight may end up as neither old nor new bytes. */
  readonly garbage?: boolean;
}

/**
 * A disk whose power fails. Blocks of the write that is under way then (and of all that run beside it) were not flushed: each
 * is, in any combination, lost, written, cut off within, mixed of old and new sectors, or garbage. Every operation from then on
 * fails with EIO. `content` is what the next boot finds.
 */
export class PowerDevice implements BlockDevice {
  readonly name = "disk";
  readonly blockSize: number;
  readonly blocks: number;
  readonly content: Uint8Array;
  /** Writes of blocks so far. */
  writes = 0;
  hasPower = true;
  readonly #options: PowerOptions;
  readonly #random: (limit: number) => number;
  /** Writes that have not resolved. */
  readonly #inFlight = new Set<{ block: number; data: Uint8Array }>();

  constructor(options: PowerOptions = {}) {
    this.#options = options;
    this.blockSize = options.blockSize ?? 512;
    this.blocks = options.blocks ?? 2 + 16 * 32;
    this.content = options.content ?? new Uint8Array(this.blockSize * this.blocks);
    this.#random = numbers(options.seed ?? 1);
  }

  readSync(block: number, into: Uint8Array): void {
    this.#check(block, into);
    into.set(this.content.subarray(block * this.blockSize, block * this.blockSize + into.length));
  }

  writeSync(block: number, from: Uint8Array): void {
    this.#check(block, from);
    for (let at = 0; at < from.length; at += this.blockSize) this.#count(block, from.subarray(at, at + this.blockSize));
    this.content.set(from, block * this.blockSize);
  }

  async read(block: number, into: Uint8Array): Promise<void> {
    this.#check(block, into);
    for (let at = 0; at < into.length; at += this.blockSize) {
      this.readSync(block + at / this.blockSize, into.subarray(at, at + this.blockSize));
      await undefined;
    }
  }

  async write(block: number, from: Uint8Array): Promise<void> {
    this.#check(block, from);
    const operation = { block, data: from.slice() };
    this.#inFlight.add(operation);
    for (let at = 0; at < from.length; at += this.blockSize) {
      await this.#options.onWrite?.(this.#fork(), this.writes);
      this.#count();
      await undefined;
      if (!this.hasPower) throw new SoloistError("EIO", "the power failed");
    }
    this.content.set(operation.data, block * this.blockSize);
    this.#inFlight.delete(operation);
  }

  #check(block: number, buffer: Uint8Array): void {
    if (!this.hasPower) throw new SoloistError("EIO", "there is no power");
    if (buffer.length === 0 || buffer.length % this.blockSize !== 0)
      throw new SoloistError("EINVAL", "not whole blocks");
    if (!Number.isInteger(block) || block < 0 || block + buffer.length / this.blockSize > this.blocks) {
      throw new SoloistError("ERANGE", `block ${block} is beyond the disk`);
    }
  }

  #count(block?: number, from?: Uint8Array): void {
    if (this.writes++ !== this.#options.cutAt) return;
    this.hasPower = false;
    if (block !== undefined) this.#inFlight.add({ block, data: from! });
    this.#settle(this.content);
    throw new SoloistError("EIO", "the power failed");
  }

  #fork(): Uint8Array {
    const content = this.content.slice();
    this.#settle(content);
    return content;
  }

  /** Decides what becomes of the blocks in flight. */
  #settle(content: Uint8Array): void {
    const size = this.blockSize;
    const blocks = [...this.#inFlight].flatMap(({ block, data }) =>
      Array.from({ length: data.length / size }, (_, index) => ({
        to: content.subarray((block + index) * size, (block + index + 1) * size),
        from: data.subarray(index * size, (index + 1) * size),
      })),
    );
    for (const { to, from } of blocks) {
      switch (this.#random(this.#options.garbage === false ? 4 : 5)) {
        case 0:
          break; // lost
        case 1:
          to.set(from);
          break;
        case 2:
          to.set(from.subarray(0, this.#random(size)));
          break;
        case 3:
          for (let sector = 0; sector < size; sector += 512) {
            if (this.#random(2) === 1) to.set(from.subarray(sector, sector + 512), sector);
          }
          break;
        default:
          for (let index = 0; index < size; index++) to[index] = this.#random(256);
      }
    }
  }
}

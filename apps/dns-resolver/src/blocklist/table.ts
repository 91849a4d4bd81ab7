import { someSuffix } from "./hash.ts";

/**
 * A blocklist as bytes, little-endian, whole blocks of 512: a head; where each group of hashes begins, by their upper bits; the hashes
 * in order, lower half first. Eight bytes a name and a quarter of a byte for the groups: a million names take 8.3 MB.
 *
 * | at           | what                                                        |
 * | ------------ | ----------------------------------------------------------- |
 * | 0            | "soloistB"                                                  |
 * | 8            | number of names                                             |
 * | 12           | number of upper bits, which groups them                     |
 * | 16           | RFC 1071's sum of all bytes from 512 on                     |
 * | 512          | 2^bits + 1 indices                                          |
 * | behind those | names times 8 bytes                                         |
 */
export const HEAD = 512;
export const MAGIC = "soloistB";
export const COUNT = 8;
export const BITS = 12;
export const SUM = 16;
/** So many names a group: four steps find one. */
const GROUP = 16;
const MAX_BITS = 20;
/** As many as fit a machine of 512 MB. */
const MAX_NAMES = 1 << 25;

export class BlocklistError extends Error {
  override readonly name = "BlocklistError";
}

export function groupBits(names: number): number {
  let bits = 1;
  while (bits < MAX_BITS && names >> bits > GROUP) bits++;
  return bits;
}

/** Bytes of a table, without what pads its last block. */
export function tableLength(names: number, bits: number): number {
  return HEAD + ((1 << bits) + 1) * 4 + names * 8;
}

export interface Head {
  readonly count: number;
  readonly bits: number;
  readonly sum: number;
  /** Bytes of the whole. */
  readonly length: number;
}

/** @throws {BlocklistError} when the first 512 bytes are not those of a blocklist */
export function readHead(block: Uint8Array): Head {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  for (let index = 0; index < MAGIC.length; index++) {
    if (block[index] !== MAGIC.charCodeAt(index))
      throw new BlocklistError("the disk holds no blocklist; make one with tools/blocklist.ts");
  }
  const count = view.getUint32(COUNT, true);
  const bits = view.getUint32(BITS, true);
  if (count > MAX_NAMES || bits !== groupBits(count)) throw new BlocklistError("the blocklist's head is damaged");
  return { count, bits, sum: view.getUint32(SUM, true), length: tableLength(count, bits) };
}

/** Names that are looked up by hash, with all names below them. */
export class Blocklist {
  readonly count: number;
  readonly #shift: number;
  readonly #groups: Uint32Array;
  readonly #hashes: Uint32Array;
  readonly #allowed: ReadonlySet<string>;

  static empty(): Blocklist {
    return new Blocklist(new Uint32Array([0, 0, 0]), new Uint32Array(0), 1, new Set());
  }

  /**
   * @param bytes a whole table, which begins where four bytes do
   * @param sum RFC 1071's, over a range: native in an image
   * @param allowed names that are not blocked whatever the list says, with all names below them
   * @throws {BlocklistError} when it is cut or damaged
   */
  static open(
    bytes: Uint8Array,
    sum: (bytes: Uint8Array, at: number, length: number) => number,
    allowed: readonly string[] = [],
  ): Blocklist {
    const head = readHead(bytes);
    if (bytes.length < head.length) throw new BlocklistError("the blocklist is cut short");
    if (sum(bytes, HEAD, head.length - HEAD) !== head.sum) throw new BlocklistError("the blocklist is damaged");
    const groups = (1 << head.bits) + 1;
    const at = bytes.byteOffset + HEAD;
    return new Blocklist(
      new Uint32Array(bytes.buffer, at, groups),
      new Uint32Array(bytes.buffer, at + groups * 4, head.count * 2),
      head.bits,
      new Set(allowed),
    );
  }

  private constructor(groups: Uint32Array, hashes: Uint32Array, bits: number, allowed: ReadonlySet<string>) {
    this.#groups = groups;
    this.#hashes = hashes;
    this.#shift = 32 - bits;
    this.#allowed = allowed;
    this.count = hashes.length >> 1;
  }

  /** `name` is in lower case. */
  has(name: string): boolean {
    if (this.count === 0) return false;
    if (!someSuffix(name, (high, low) => this.#holds(high >>> 0, low >>> 0))) return false;
    return this.#allowed.size === 0 || !this.#isAllowed(name);
  }

  #holds(high: number, low: number): boolean {
    const hashes = this.#hashes;
    const group = high >>> this.#shift;
    let from = this.#groups[group]!;
    let to = this.#groups[group + 1]!;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const found = hashes[middle * 2 + 1]!;
      if (found < high || (found === high && hashes[middle * 2]! < low)) from = middle + 1;
      else to = middle;
    }
    return from < this.count && hashes[from * 2 + 1] === high && hashes[from * 2] === low;
  }

  #isAllowed(name: string): boolean {
    for (let at = 0; ; at = name.indexOf(".", at) + 1) {
      if (this.#allowed.has(name.slice(at))) return true;
      if (name.indexOf(".", at) < 0) return false;
    }
  }
}

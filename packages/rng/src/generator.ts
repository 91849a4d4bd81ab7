import { BLOCK_WORDS, chacha20Block } from "./chacha20.ts";

/** Bytes of a key. */
export const KEY_LENGTH = 32;
const KEY_WORDS = 8;
/** Blocks of a refill. The first refill after a seed is one block, so that the first few bytes of a boot cost little. */
const REFILL_BLOCKS = 8;
const REFILL_WORDS = REFILL_BLOCKS * BLOCK_WORDS;

/**
 * A deterministic generator: ChaCha20 with fast key erasure.
 *
 * Each refill is the keystream of a key that is used once: its first 32 bytes become the next key and are wiped, the rest
 * is handed out, and wiped as it is. So nothing that was handed out can be worked out from the state afterwards, and no
 * block of keystream is ever made twice.
 *
 * @example
 * const generator = new Generator(new Uint8Array(32));
 * generator.fill(new Uint8Array(4)); // da 41 59 7c: bytes 32 to 35 of the key stream of RFC 8439 A.1, test vector 1
 */
export class Generator {
  readonly #key = new Int32Array(KEY_WORDS);
  readonly #words = new Int32Array(REFILL_WORDS);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  /** Where bytes that were not handed out begin and end in #bytes. */
  #position = 0;
  #end = 0;
  #refillBlocks = 1;
  readonly #beforeRefill: ((generator: Generator) => void) | undefined;

  /**
   * @param seed 32 bytes
   * @param beforeRefill called before each refill but the first; the place to `mix` or `setKey`
   */
  constructor(seed: Uint8Array, beforeRefill?: (generator: Generator) => void) {
    this.setKey(seed);
    this.#beforeRefill = beforeRefill;
  }

  /** Replaces the key, and throws away what was not handed out yet. */
  setKey(key: Uint8Array): void {
    for (let index = 0; index < KEY_WORDS; index++) this.#key[index] = readWord(key, index);
    this.#words.fill(0);
    this.#position = this.#end = 0;
  }

  /** XORs 32 bytes into the key. */
  mix(bytes: Uint8Array): void {
    for (let index = 0; index < KEY_WORDS; index++) this.#key[index]! ^= readWord(bytes, index);
  }

  /** Copies the key into `into`, to derive the next one from. */
  copyKey(into: Uint8Array): void {
    into.set(new Uint8Array(this.#key.buffer));
  }

  fill(into: Uint8Array): Uint8Array {
    let filled = 0;
    while (filled < into.length) {
      if (this.#position === this.#end) this.#refill();
      const start = this.#position;
      const end = Math.min(this.#end, start + into.length - filled);
      into.set(this.#bytes.subarray(start, end), filled);
      this.#bytes.fill(0, start, end);
      filled += end - start;
      this.#position = end;
    }
    return into;
  }

  uint32(): number {
    let index = (this.#position + 3) >> 2;
    if (index * 4 >= this.#end) {
      this.#refill();
      index = this.#position >> 2;
    }
    const value = this.#words[index]!;
    this.#words[index] = 0;
    this.#position = index * 4 + 4;
    return value >>> 0;
  }

  #refill(): void {
    if (this.#refillBlocks !== 1) this.#beforeRefill?.(this);
    const words = this.#words;
    for (let block = 0; block < this.#refillBlocks; block++) {
      chacha20Block(this.#key, block, words, block * BLOCK_WORDS);
    }
    for (let index = 0; index < KEY_WORDS; index++) {
      this.#key[index] = words[index]!;
      words[index] = 0;
    }
    this.#position = KEY_LENGTH;
    this.#end = this.#refillBlocks * BLOCK_WORDS * 4;
    this.#refillBlocks = REFILL_BLOCKS;
  }
}

function readWord(bytes: Uint8Array, index: number): number {
  const at = index * 4;
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

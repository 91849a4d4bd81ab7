import { type Chacha20, chacha20 } from "./chacha20.ts";

/** Bytes of a key. */
export const KEY_LENGTH = 32;
/** Bytes of a refill. The first after a seed is one block, so that the first few bytes of a boot cost little. */
const REFILL = 512;
const FIRST_REFILL = 64;
/** A request of so much is answered by a key of its own, straight into the caller's memory. */
const LARGE = REFILL;
/** Up to here a loop is faster than `subarray` and `set` (0.3 us each in the engine). */
const SMALL = 16;
const NONCE = new Uint8Array(12);

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
  readonly #key = new Uint8Array(KEY_LENGTH);
  readonly #words = new Uint32Array(REFILL / 4);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  /** Where bytes that were not handed out begin and end in #bytes. */
  #position = 0;
  #end = 0;
  #isFirst = true;
  readonly #beforeRefill: ((generator: Generator) => void) | undefined;
  readonly #chacha20: Chacha20;

  /**
   * @param seed 32 bytes
   * @param beforeRefill called before each refill but the first; the place to `mix` or `setKey`
   * @param keystream ChaCha20, when there is a faster one than TypeScript's
   */
  constructor(seed: Uint8Array, beforeRefill?: (generator: Generator) => void, keystream: Chacha20 = chacha20) {
    this.setKey(seed);
    this.#beforeRefill = beforeRefill;
    this.#chacha20 = keystream;
  }

  /** Replaces the key, and throws away what was not handed out yet. */
  setKey(key: Uint8Array): void {
    this.#key.set(key);
    this.#words.fill(0);
    this.#position = this.#end = 0;
  }

  /** XORs 32 bytes into the key. */
  mix(bytes: Uint8Array): void {
    for (let index = 0; index < KEY_LENGTH; index++) this.#key[index]! ^= bytes[index]!;
  }

  /** Copies the key into `into`, to derive the next one from. */
  copyKey(into: Uint8Array): void {
    into.set(this.#key);
  }

  fill(into: Uint8Array): Uint8Array {
    const { length } = into;
    if (length >= LARGE) {
      this.#prepare();
      this.#chacha20(this.#key, NONCE, 1, into, 0, length);
      this.#chacha20(this.#key, NONCE, 0, this.#bytes, 0, KEY_LENGTH);
      this.#eraseKey();
      this.#position = this.#end = 0;
      return into;
    }
    for (let filled = 0; filled < length; ) {
      if (this.#position === this.#end) this.#refill();
      const start = this.#position;
      const end = Math.min(this.#end, start + length - filled);
      const bytes = this.#bytes;
      if (end - start <= SMALL) {
        for (let at = start; at < end; at++) {
          into[filled++] = bytes[at]!;
          bytes[at] = 0;
        }
      } else {
        into.set(bytes.subarray(start, end), filled);
        bytes.fill(0, start, end);
        filled += end - start;
      }
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
    return value;
  }

  #refill(): void {
    const length = this.#isFirst ? FIRST_REFILL : REFILL;
    this.#prepare();
    this.#chacha20(this.#key, NONCE, 0, this.#bytes, 0, length);
    this.#eraseKey();
    this.#position = KEY_LENGTH;
    this.#end = length;
  }

  /** Before a key is used. */
  #prepare(): void {
    if (!this.#isFirst) this.#beforeRefill?.(this);
    this.#isFirst = false;
  }

  /** The first bytes of the buffer, keystream that nobody saw, become the next key. */
  #eraseKey(): void {
    this.#key.set(this.#bytes.subarray(0, KEY_LENGTH));
    this.#bytes.fill(0, 0, KEY_LENGTH);
  }
}

import type { Rng } from "@soloist/interface";

/** RFC 9293 3.4.1: the clock of initial sequence numbers ticks every 4 microseconds. */
const TICKS_PER_MILLISECOND = 250;

/**
 * HalfSipHash-2-4 with a key of two 32-bit words, of a message of whole 32-bit words: a keyed function whose outputs tell
 * nothing of each other, on 32-bit arithmetic. https://github.com/veorq/SipHash
 */
export function halfSipHash(k0: number, k1: number, words: ArrayLike<number>): number {
  let v0 = k0;
  let v1 = k1;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  const length = words.length;
  // Blocks: the words, the length, and the end. Rotations are written out: calls cost 2 us more.
  for (let block = 0; block <= length + 1; block++) {
    const end = block > length;
    const word = block < length ? words[block]! | 0 : end ? 0 : (length * 4) << 24;
    if (end) v2 ^= 0xff;
    v3 ^= word;
    for (let round = end ? 4 : 2; round > 0; round--) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  return v1 ^ v3;
}

/** Initial sequence numbers: ISN = M + F(local, remote, secret) (RFC 6528 3). The secret comes from `rng`, once. */
export class SequenceNumbers {
  readonly #k0: number;
  readonly #k1: number;
  readonly #t0: number;
  readonly #t1: number;
  readonly #words = new Int32Array(3);

  constructor(rng: Rng) {
    this.#k0 = rng.uint32() | 0;
    this.#k1 = rng.uint32() | 0;
    this.#t0 = rng.uint32() | 0;
    this.#t1 = rng.uint32() | 0;
  }

  /**
   * Origin of the timestamps between two ends: the same for each of their connections, so that a later one's are larger (RFC
   * 6191 2), and nothing that tells how long we have been up (RFC 7323 7.1). By a secret of its own: timestamps are public,
   * sequence numbers must not follow from them.
   */
  timestampOffset(localAddress: number, localPort: number, remoteAddress: number, remotePort: number): number {
    const words = this.#words;
    words[0] = localAddress;
    words[1] = remoteAddress;
    words[2] = (localPort << 16) | remotePort;
    return halfSipHash(this.#t0, this.#t1, words);
  }

  initial(localAddress: number, localPort: number, remoteAddress: number, remotePort: number, now: number): number {
    const words = this.#words;
    words[0] = localAddress;
    words[1] = remoteAddress;
    words[2] = (localPort << 16) | remotePort;
    // M modulo 2^32, from a float that may be larger.
    const ticks = Math.floor(now * TICKS_PER_MILLISECOND) % 0x100000000;
    return (halfSipHash(this.#k0, this.#k1, words) + ticks) | 0;
  }
}

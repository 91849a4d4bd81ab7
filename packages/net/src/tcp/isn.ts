import type { Rng } from "@soloist/interface";

/** RFC 9293 3.4.1: the clock of initial sequence numbers ticks every 4 microseconds. */
const TICKS_PER_MILLISECOND = 250;

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/**
 * HalfSipHash-2-4 with a key of two 32-bit words, of a message of whole 32-bit words: a keyed function whose outputs tell
 * nothing of each other, on 32-bit arithmetic. https://github.com/veorq/SipHash
 */
export function halfSipHash(k0: number, k1: number, words: ArrayLike<number>): number {
  let v0 = k0;
  let v1 = k1;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  const rounds = (count: number): void => {
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
    }
  };
  const length = words.length;
  for (let index = 0; index < length; index++) {
    const word = words[index]! | 0;
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
  const last = (length * 4) << 24;
  v3 ^= last;
  rounds(2);
  v0 ^= last;
  v2 ^= 0xff;
  rounds(4);
  return v1 ^ v3;
}

/** Initial sequence numbers: ISN = M + F(local, remote, secret) (RFC 6528 3). The secret comes from `rng`, once. */
export class SequenceNumbers {
  readonly #k0: number;
  readonly #k1: number;
  readonly #words = new Int32Array(3);

  constructor(rng: Rng) {
    this.#k0 = rng.uint32() | 0;
    this.#k1 = rng.uint32() | 0;
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

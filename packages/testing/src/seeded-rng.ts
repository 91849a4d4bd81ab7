import type { Rng } from "@soloist/interface";

/** A repeatable source of numbers for tests: same seed, same sequence (splitmix32). Not for secrets. */
export interface SeededRng extends Rng {
  /** 0 ≤ n < 1 */
  fraction(): number;
  /** An integer, 0 ≤ n < limit. */
  below(limit: number): number;
}

export function seededRng(seed: number): SeededRng {
  let state = seed | 0;
  const uint32 = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let value = state ^ (state >>> 16);
    value = Math.imul(value, 0x21f0aaad);
    value ^= value >>> 15;
    value = Math.imul(value, 0x735a2d97);
    return (value ^ (value >>> 15)) >>> 0;
  };
  return {
    uint32,
    fraction: () => uint32() / 0x100000000,
    below: (limit) => Math.floor((uint32() / 0x100000000) * limit),
    fill(into) {
      for (let index = 0; index < into.length; index++) into[index] = uint32();
      return into;
    },
  };
}

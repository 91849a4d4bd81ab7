/**
 * 64 bits of a name, as two int32, computed from its last letter to its first: the hashes of all the domains that it is in come by
 * on the way. Not keyed: whoever finds two names with one hash has a name blocked, theirs.
 */
export interface NameHash {
  high: number;
  low: number;
}

const DOT = 0x2e;
const HIGH_BASIS = 0x811c9dc5 | 0;
const LOW_BASIS = 0x9747b28c | 0;
/** FNV-1a's prime, and one of MurmurHash3's, whose last steps are `finish`. */
const HIGH_PRIME = 0x01000193;
const LOW_PRIME = 0xcc9e2d51 | 0;

function finish(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/**
 * Whether `test` says yes to the hash of `name` or of a domain above it, the shortest first. `name` is in lower case.
 */
export function someSuffix(name: string, test: (high: number, low: number) => boolean): boolean {
  let high = HIGH_BASIS;
  let low = LOW_BASIS;
  for (let index = name.length - 1; index >= 0; index--) {
    const code = name.charCodeAt(index);
    if (code === DOT && test(finish(high), finish(low ^ high))) return true;
    high = Math.imul(high ^ code, HIGH_PRIME);
    low = Math.imul(low ^ code, LOW_PRIME) ^ (low >>> 15);
  }
  return test(finish(high), finish(low ^ high));
}

export function hashName(name: string): NameHash {
  const hash = { high: 0, low: 0 };
  someSuffix(name, (high, low) => {
    hash.high = high;
    hash.low = low;
    return false;
  });
  return hash;
}

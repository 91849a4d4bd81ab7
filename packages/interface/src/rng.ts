/** A source of cryptographically secure random numbers that is already seeded. */
export interface Rng {
  /** Fills `into` with random bytes and returns it. */
  fill(into: Uint8Array): Uint8Array;
  /** A random integer, 0 ≤ n < 2^32. */
  uint32(): number;
}

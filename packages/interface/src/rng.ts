/** A source of cryptographically secure random numbers that is already seeded. */
export interface Rng {
  /** Fills `into` with random bytes and returns it. */
  fill(into: Uint8Array): Uint8Array;
  /** A random integer, 0 ≤ n < 2^32. */
  uint32(): number;
}

/** Raw bytes that are hard to guess, not yet fit for use; @soloist/rng tests and mixes them. */
export interface EntropySource {
  readonly name: string;
  /**
   * - `processor`: an instruction that hands out whitened bytes; 8 unknown bits a byte.
   * - `timing`: measured when asked; counted as 1 unknown bit a byte.
   * - `event`: the moment at which it is asked; worth something only when that moment was not ours to choose.
   */
  readonly kind: "processor" | "timing" | "event";
  /** Returns how many bytes it filled: fewer than `into` has when the machine lacks the source or it fails. */
  fill(into: Uint8Array): number;
}

/** A generator that goes on collecting entropy. */
export interface SeededRng extends Rng {
  /** Something happened at a moment that the outside chose; cheap. */
  addEvent(): void;
}

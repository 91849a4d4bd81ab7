/** Both clocks of a machine. Protocol machines never hold one: their callers pass `now`. */
export interface Clock {
  /** Milliseconds since boot, with a fraction; never goes back. */
  monotonic(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z, with a fraction. */
  wall(): number;
  /**
   * Sets the wall clock, and `Date` with it: from now on it is `base + monotonic()`, and what of `slew` has been added since the
   * monotonic time `from` at `rate` a millisecond. Missing where the clock is not ours to set.
   */
  setWall?(base: number, slew: number, from: number, rate: number): void;
}

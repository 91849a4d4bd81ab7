/** Both clocks of a machine. Protocol machines never hold one: their callers pass `now`. */
export interface Clock {
  /** Milliseconds since boot, with a fraction; never goes back. */
  monotonic(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z, with a fraction. */
  wall(): number;
}

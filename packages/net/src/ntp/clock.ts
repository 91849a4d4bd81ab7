import type { Clock } from "@soloist/interface";

/** STEPT: larger offsets are set at once (RFC 5905 11.3). Milliseconds. */
export const STEP_THRESHOLD = 128;
/** "a maximum slew rate of 500 PPM" (RFC 5905 11.3): 128 ms take four minutes. */
export const SLEW_RATE = 0.0005;

/**
 * A wall clock that is `source`'s with a correction. Large corrections step it; small ones slew it, so that it never goes back
 * for them. Where the source's own can be set, as in an image, it goes along, and with it `Date`.
 */
export class DisciplinedClock implements Clock {
  readonly #source: Clock;
  /** Wall time at monotonic 0 without corrections, as the source had it when this clock was made: what happens to it later is seen as an offset. */
  #base: number;
  #slewFrom = 0;
  #slew = 0;

  constructor(source: Clock) {
    this.#source = source;
    this.#base = source.wall() - source.monotonic();
  }

  monotonic(): number {
    return this.#source.monotonic();
  }

  wall(): number {
    return this.wallAt(this.#source.monotonic());
  }

  /** The reading at a monotonic time that is not before the last adjustment. */
  wallAt(now: number): number {
    return this.#base + now + this.#slewed(now);
  }

  /** Adds `offset`, at once or by and by. What is left of the last one is forgotten: `offset` was measured with it. */
  adjust(offset: number, now: number): void {
    this.#base += this.#slewed(now);
    this.#slewFrom = now;
    this.#slew = 0;
    if (Math.abs(offset) > STEP_THRESHOLD) this.#base += offset;
    else this.#slew = offset;
    this.#source.setWall?.(this.#base, this.#slew, now, SLEW_RATE);
  }

  #slewed(now: number): number {
    const most = Math.max(now - this.#slewFrom, 0) * SLEW_RATE;
    return Math.max(-most, Math.min(most, this.#slew));
  }
}

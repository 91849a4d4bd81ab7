/** A token bucket: `burst` at once, `perSecond` on average. Time is an argument, milliseconds. */
export class RateLimit {
  #tokens: number;
  #at = 0;
  readonly #perMillisecond: number;
  readonly #burst: number;

  constructor(perSecond: number, burst: number) {
    this.#perMillisecond = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  allow(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMillisecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

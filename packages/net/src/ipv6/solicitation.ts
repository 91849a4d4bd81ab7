/** RFC 4861 10: "MAX_RTR_SOLICITATION_DELAY 1 second", "RTR_SOLICITATION_INTERVAL 4 seconds"; RFC 7559 2: "MRT 3600 seconds". Milliseconds. */
export const SOLICITATION_INTERVAL = 4000;
export const MAX_SOLICITATION_INTERVAL = 3_600_000;

/**
 * When to ask for routers: at once, then with growing pauses until one has answered (RFC 7559), since the first few may all be
 * lost. Not after a random delay of up to a second as RFC 4861 6.3.7 has it: a guest that boots in milliseconds is asked for
 * then, and hosts that a switch wakes together are not what it is.
 */
export class RouterSolicitation {
  #nextAt = Number.POSITIVE_INFINITY;
  #interval = 0;
  /** A number in [0, 1). */
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  start(now: number): void {
    this.#interval = 0;
    this.#nextAt = now;
  }

  /** A router answered. */
  stop(): void {
    this.#nextAt = Number.POSITIVE_INFINITY;
  }

  pollAt(): number {
    return this.#nextAt;
  }

  /** True: one is due now. */
  dispatch(now: number): boolean {
    if (this.#nextAt > now) return false;
    const jitter = this.#random() * 0.2 - 0.1;
    this.#interval = this.#interval === 0 ? SOLICITATION_INTERVAL * (1 + jitter) : this.#interval * (2 + jitter);
    if (this.#interval > MAX_SOLICITATION_INTERVAL) this.#interval = MAX_SOLICITATION_INTERVAL * (1 + jitter);
    this.#nextAt = now + this.#interval;
    return true;
  }
}

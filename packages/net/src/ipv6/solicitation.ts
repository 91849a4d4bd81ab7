/** "RTR_SOLICITATION_INTERVAL 4 seconds" (RFC 4861 10), twice as long each time (RFC 7559 2). Milliseconds. */
export const SOLICITATION_INTERVAL = 4000;
/**
 * So many, over nine minutes: RFC 4861's three may all be lost, and RFC 7559's go on for ever, which an idle guest should not. A
 * router that comes later speaks without being asked, each half an hour at least (RFC 4861 6.2.1).
 */
export const MAX_SOLICITATIONS = 8;

/**
 * When to ask for routers: at once, then with growing pauses until one has answered. Not after a random delay of up to a second as RFC 4861 6.3.7 has it: a guest that boots in milliseconds is asked for
 * then, and hosts that a switch wakes together are not what it is.
 */
export class RouterSolicitation {
  #nextAt = Number.POSITIVE_INFINITY;
  #interval = 0;
  #sent = 0;
  /** A number in [0, 1). */
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  start(now: number): void {
    this.#interval = 0;
    this.#sent = 0;
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
    this.#nextAt = ++this.#sent < MAX_SOLICITATIONS ? now + this.#interval : Number.POSITIVE_INFINITY;
    return true;
  }
}

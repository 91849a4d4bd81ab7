import type { Rng } from "@soloist/interface";

/** First and last port for connections that we open (RFC 6335 6). */
export const EPHEMERAL_FIRST = 49_152;
export const EPHEMERAL_LAST = 65_535;
export const EPHEMERAL_COUNT: number = EPHEMERAL_LAST - EPHEMERAL_FIRST + 1;

/** Candidates for local ports, in random steps, so that strangers cannot guess the next (RFC 6056 3.3.5). */
export class EphemeralPorts {
  readonly #rng: Rng;
  #next: number;

  constructor(rng: Rng) {
    this.#rng = rng;
    this.#next = EPHEMERAL_FIRST + (rng.uint32() % EPHEMERAL_COUNT);
  }

  take(): number {
    const port = this.#next;
    this.#next += 1 + (this.#rng.uint32() % 64);
    if (this.#next > EPHEMERAL_LAST) this.#next -= EPHEMERAL_COUNT;
    return port;
  }
}

/** "Connection Attempt Delay … RECOMMENDED to be 250 milliseconds" (RFC 8305 5). */
export const ATTEMPT_DELAY = 250;
/** "Resolution Delay … 50 milliseconds": how long addresses of the other family wait for those of the preferred one (RFC 8305 3). */
export const RESOLUTION_DELAY = 50;
/** Addresses that are tried; a name with more is not worth the wait. */
export const MAX_CANDIDATES = 16;

export type Family = 4 | 6;

/** An address to try. */
export interface Candidate {
  readonly family: Family;
  readonly address: string;
}

/**
 * Whom to connect to and when (RFC 8305), as a machine: addresses of both families come in, attempts go out, one each 250 ms
 * or as soon as one has failed; the families take turns. Times are milliseconds.
 */
export class HappyEyeballs {
  /** Families whose answer is still to come; the first is preferred. */
  readonly #awaited: Set<Family>;
  readonly #preferred: Family;
  readonly #waiting: Record<Family, Candidate[]> = { 4: [], 6: [] };
  #nextFamily: Family;
  #known = 0;
  #running = 0;
  #nextAt = Number.POSITIVE_INFINITY;
  #started = false;

  /** @param families that are being resolved, the preferred one first */
  constructor(families: readonly Family[]) {
    this.#awaited = new Set(families);
    this.#preferred = families[0]!;
    this.#nextFamily = this.#preferred;
  }

  /** Nothing is left to wait for or to try. */
  get exhausted(): boolean {
    return this.#running === 0 && this.#awaited.size === 0 && this.#left === 0;
  }

  /** The answer for one family; none when it failed. */
  resolved(family: Family, addresses: readonly string[], now: number): void {
    if (!this.#awaited.delete(family)) return;
    for (const address of addresses) {
      if (this.#known === MAX_CANDIDATES) break;
      this.#known++;
      this.#waiting[family].push({ family, address });
    }
    if (this.#left === 0) return;
    if (this.#started) {
      // Nothing was left to try, and nothing runs: no reason to wait.
      if (this.#running === 0 || this.#nextAt === Number.POSITIVE_INFINITY) this.#nextAt = now;
      return;
    }
    const hurry = !this.#awaited.has(this.#preferred);
    this.#nextAt = Math.min(this.#nextAt, hurry ? now : now + RESOLUTION_DELAY);
  }

  /** An attempt failed: the next one need not wait. */
  failed(now: number): void {
    this.#running--;
    if (this.#left > 0) this.#nextAt = now;
  }

  pollAt(): number {
    return this.#left > 0 ? this.#nextAt : Number.POSITIVE_INFINITY;
  }

  /** The address to try now, if it is time. */
  dispatch(now: number): Candidate | undefined {
    if (this.pollAt() > now) return undefined;
    const other: Family = this.#nextFamily === 4 ? 6 : 4;
    const family = this.#waiting[this.#nextFamily].length > 0 ? this.#nextFamily : other;
    const candidate = this.#waiting[family].shift()!;
    this.#nextFamily = family === 4 ? 6 : 4;
    this.#started = true;
    this.#running++;
    this.#nextAt = this.#left > 0 ? now + ATTEMPT_DELAY : Number.POSITIVE_INFINITY;
    return candidate;
  }

  get #left(): number {
    return this.#waiting[4].length + this.#waiting[6].length;
  }
}

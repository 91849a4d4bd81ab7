import { Top } from "./top.ts";

export interface Counters {
  /** Messages that were read as queries, over UDP and TCP. */
  queries: number;
  overTcp: number;
  /** Answered from the cache; with what had expired, as no server could be reached; by asking servers. */
  hits: number;
  stale: number;
  misses: number;
  blocked: number;
  /** Told SERVFAIL. */
  failures: number;
  /** Told REFUSED, NOTIMP, FORMERR or BADVERS. */
  refused: number;
  /** Told to come over TCP. */
  truncated: number;
  /** Answers that were asked for again before they expired. */
  prefetched: number;
  /** Dropped: no message at all, a response, beyond the client's rate. */
  malformed: number;
  responses: number;
  limited: number;
  /** SERVFAIL at once: too many questions were open. */
  overloaded: number;
}

/** Minutes that the chart shows. */
export const MINUTES = 60;
const MINUTE = 60_000;
/** Upper bounds of the groups of times, milliseconds; the last one has none. */
export const LATENCY_BOUNDS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
/** Names that counts are kept of. */
const NAMES = 1000;

/** What happened since the machine started. Times are arguments, milliseconds since boot. */
export class Statistics {
  readonly counters: Counters = {
    queries: 0,
    overTcp: 0,
    hits: 0,
    stale: 0,
    misses: 0,
    blocked: 0,
    failures: 0,
    refused: 0,
    truncated: 0,
    prefetched: 0,
    malformed: 0,
    responses: 0,
    limited: 0,
    overloaded: 0,
  };
  readonly names = new Top(NAMES);
  readonly blockedNames = new Top(NAMES);
  readonly latency = new Uint32Array(LATENCY_BOUNDS.length + 1);
  readonly #queries = new Uint32Array(MINUTES);
  readonly #blocked = new Uint32Array(MINUTES);
  #minute = 0;

  query(name: string, blocked: boolean, now: number): void {
    this.#advance(now);
    this.#queries[this.#minute % MINUTES]!++;
    if (blocked) {
      this.counters.blocked++;
      this.#blocked[this.#minute % MINUTES]!++;
      this.blockedNames.count(name);
    } else {
      this.names.count(name);
    }
  }

  /** A question took `milliseconds` until servers had answered it. */
  resolved(milliseconds: number): void {
    let group = 0;
    while (group < LATENCY_BOUNDS.length && milliseconds > LATENCY_BOUNDS[group]!) group++;
    this.latency[group]!++;
  }

  /** The last hour, oldest minute first; the last is the one that runs. */
  minutes(now: number): { readonly queries: number; readonly blocked: number }[] {
    this.#advance(now);
    return Array.from({ length: MINUTES }, (_, index) => {
      const at = (this.#minute + 1 + index) % MINUTES;
      return { queries: this.#queries[at]!, blocked: this.#blocked[at]! };
    });
  }

  #advance(now: number): void {
    const minute = Math.floor(now / MINUTE);
    if (minute <= this.#minute) return;
    for (let next = Math.max(this.#minute + 1, minute - MINUTES + 1); next <= minute; next++) {
      this.#queries[next % MINUTES] = 0;
      this.#blocked[next % MINUTES] = 0;
    }
    this.#minute = minute;
  }
}

import { RECORD_TYPES } from "../wire/dns-records.ts";
import { MAX_LINKS } from "./answer.ts";
import { Asker, type Outcome, type ResolverSink } from "./asker.ts";
import { DnsCache } from "./cache.ts";
import { createDnsCounters, type DnsCounters } from "./counters.ts";
import type { Lookup, LookupFailure, LookupOwner } from "./lookup.ts";
import type { Attempt, Question } from "./question.ts";
import { candidates } from "./search.ts";

export interface ResolverOptions {
  /** 32 random bits that nobody can guess. */
  readonly random: () => number;
  /** Domains that names are tried in. */
  readonly search?: readonly string[];
  readonly cache?: DnsCache;
}

/**
 * A stub resolver (RFC 1034 5.3.1) as a machine: `process`, `dispatch`, `pollAt`. Times are milliseconds, addresses int32.
 *
 * Against forged answers (RFC 5452): random identifier, port, and case of letters, and only what lies on the chain of CNAMEs
 * is believed.
 */
export class Resolver {
  readonly cache: DnsCache;
  readonly counters: DnsCounters = createDnsCounters();
  search: readonly string[];
  readonly #asker: Asker;

  constructor(options: ResolverOptions) {
    this.search = options.search ?? [];
    this.cache = options.cache ?? new DnsCache();
    this.#asker = new Asker({
      random: options.random,
      cache: this.cache,
      counters: this.counters,
      onEnd: (question, outcome, now) => this.#ended(question, outcome, now),
    });
  }

  get servers(): readonly number[] {
    return this.#asker.servers;
  }

  /** Questions that are open now ask those that they began with. */
  setServers(addresses: readonly number[]): void {
    this.#asker.setServers(addresses);
  }

  /** Questions that are open. */
  get questions(): number {
    return this.#asker.size;
  }

  pollAt(): number {
    return this.#asker.pollAt();
  }

  /** Begins to look for the records of `name`; dispatch soon. @param type number of the type */
  lookup(name: string, type: number, owner: LookupOwner, now: number): Lookup {
    const names = candidates(name, this.search);
    const lookup: Lookup = {
      type,
      owner,
      candidates: names,
      at: 0,
      current: names[0] ?? name,
      links: 0,
      question: undefined,
      exists: false,
      done: false,
      failure: undefined,
      records: [],
    };
    if (names.length === 0) this.#finish(lookup, "EBADNAME");
    else this.#advance(lookup, now);
    return lookup;
  }

  /** The owner is not told any more. */
  cancel(lookup: Lookup): void {
    const { question } = lookup;
    lookup.done = true;
    lookup.question = undefined;
    if (question !== undefined) this.#asker.leave(question, lookup);
  }

  /** A datagram arrived at our `port`. False: it is no answer to anything we asked, and was counted. */
  process(
    bytes: Uint8Array,
    at: number,
    length: number,
    address: number,
    sourcePort: number,
    port: number,
    now: number,
  ): boolean {
    return this.#asker.process(bytes, at, length, address, sourcePort, port, now);
  }

  /** A whole message arrived over TCP, without its length. */
  processStream(attempt: Attempt, bytes: Uint8Array, at: number, length: number, now: number): void {
    this.#asker.processStream(attempt, bytes, at, length, now);
  }

  /** The TCP connection failed or ended early. */
  streamFailed(attempt: Attempt, now: number): void {
    this.#asker.streamFailed(attempt, now);
  }

  /** Sends what is due, and gives back what is not needed any more. */
  dispatch(now: number, sink: ResolverSink): void {
    this.#asker.dispatch(now, sink);
  }

  /** Goes on with `current`: the cache, else a question. */
  #advance(lookup: Lookup, now: number): void {
    for (;;) {
      const { current, type } = lookup;
      const known = this.cache.get(current, type, now);
      if (known !== undefined) {
        this.counters.cacheHits++;
        if (known.absence === undefined) {
          lookup.records = known.records;
          this.#finish(lookup, undefined);
          return;
        }
        if (!this.#nextCandidate(lookup, known.absence)) return;
        continue;
      }
      const alias =
        type === RECORD_TYPES.CNAME ? undefined : this.cache.get(current, RECORD_TYPES.CNAME, now)?.records[0];
      if (alias?.type === "CNAME") {
        this.counters.cacheHits++;
        if (!this.#follow(lookup, alias.target, 1)) return;
        continue;
      }
      this.counters.cacheMisses++;
      const impossible = this.#asker.join(lookup, now);
      if (impossible !== undefined) this.#finish(lookup, impossible);
      return;
    }
  }

  /** False: the lookup has ended. */
  #follow(lookup: Lookup, target: string, links: number): boolean {
    lookup.links += links;
    lookup.current = target;
    if (lookup.links <= MAX_LINKS) return true;
    this.#finish(lookup, "EBADRESP");
    return false;
  }

  /** False: there is none, and the lookup has ended. */
  #nextCandidate(lookup: Lookup, absence: "ENOTFOUND" | "ENODATA"): boolean {
    if (absence === "ENODATA") lookup.exists = true;
    lookup.at++;
    lookup.links = 0;
    if (lookup.at < lookup.candidates.length) {
      lookup.current = lookup.candidates[lookup.at]!;
      return true;
    }
    this.#finish(lookup, lookup.exists ? "ENODATA" : "ENOTFOUND");
    return false;
  }

  #finish(lookup: Lookup, failure: LookupFailure | undefined): void {
    if (lookup.done) return;
    lookup.done = true;
    lookup.question = undefined;
    lookup.failure = failure;
    lookup.owner.onLookup(lookup);
  }

  #ended(question: Question, outcome: Outcome, now: number): void {
    for (const lookup of [...question.waiters]) {
      if (lookup.done) continue;
      lookup.question = undefined;
      if (outcome.kind === "failed") {
        this.#finish(lookup, outcome.failure);
      } else if (outcome.kind === "absent") {
        if (this.#nextCandidate(lookup, outcome.absence)) this.#advance(lookup, now);
      } else if (outcome.kind === "alias") {
        if (this.#follow(lookup, outcome.target, outcome.links)) this.#advance(lookup, now);
      } else if (this.#follow(lookup, question.name, outcome.links)) {
        lookup.records = outcome.records;
        this.#finish(lookup, undefined);
      }
    }
  }
}

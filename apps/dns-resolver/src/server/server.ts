import type { ByteHelpers } from "@soloist/interface";
import {
  BADVERS,
  FORMERR,
  HEADER_LENGTH,
  lowerName,
  NOERROR,
  NXDOMAIN,
  RECORD_TYPES,
  REFUSED,
  readName,
  SERVFAIL,
} from "@soloist/net/dns";
import { type Answer, Answers } from "./answers.ts";
import type { Clients } from "./clients.ts";
import { anyAnswer, type BlockMode, blockedAnswer, localAnswer } from "./local.ts";
import { createQuery, type Query, RECURSION_DESIRED_BIT, readQuery } from "./query.ts";
import {
  FAILURE,
  type Resolution,
  type Tail,
  toTail,
  toWire,
  ttlOf,
  writeRefusal,
  writeReply,
  writeTail,
} from "./reply.ts";
import type { Statistics } from "./statistics.ts";

/** Asks other servers; rejects or answers SERVFAIL when they do not help. `name` is in lower case. */
export type Resolve = (name: string, type: number) => Promise<Resolution>;

export interface ServerOptions {
  readonly resolve: Resolve;
  /** Whether a name, in lower case, is on the blocklist. */
  readonly isBlocked: (name: string) => boolean;
  readonly blockMode: BlockMode;
  readonly clients: Clients;
  readonly statistics: Statistics;
  /** Bytes that answers may take. */
  readonly cacheBytes: number;
  readonly bytes: ByteHelpers;
  /** Milliseconds since boot. */
  readonly now: () => number;
}

const TYPE_ANY = 255;
/** 128 to 254 are questions about transfers and mailboxes, not types of data (RFC 6895 3.1), as OPT and 0 are not. */
const FIRST_META = 128;
const TYPE_OPT = 41;
const CLASS_IN = 1;
const MAX_MESSAGE = 65_535;
/** Questions that servers are being asked at a time. */
const MAX_OPEN = 1024;
/** Seconds. A day is plenty (RFC 8767 4 says a week at most). */
const MAX_TTL = 86_400;
const MAX_NEGATIVE_TTL = 10_800;
/** For so long what has expired is kept, in case nobody answers: "between 1 and 3 days" (RFC 8767 5), less on a small machine. */
const KEEP_STALE = 6 * 3_600_000;
/** "RECOMMENDED … 30 seconds" (RFC 8767 4). */
const STALE_TTL = 30;
/** "a failure recheck timer … no more frequently than every 30 seconds" (RFC 8767 5). */
const RETRY_AFTER = 30_000;
/** A failure is remembered for so long: "not longer than 5 minutes" (RFC 2308 7.1). */
const FAILURE_TTL = 5;
/** An answer that was used is asked for again in the last tenth of its life. */
const PREFETCH_SHARE = 0.1;
const PREFETCH_HITS = 2;

/** A name server's machine: messages in, messages out, the asking of others left to `resolve`. */
export class Server {
  readonly answers: Answers;
  readonly #options: ServerOptions;
  readonly #statistics: Statistics;
  readonly #query: Query = createQuery();
  readonly #into = new Uint8Array(MAX_MESSAGE);
  readonly #open = new Map<string, Promise<Answer>>();
  /** Answers of blocked names. */
  readonly #tails: { readonly v4: Tail; readonly v6: Tail; readonly other: Tail };

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#statistics = options.statistics;
    this.answers = new Answers(options.cacheBytes, KEEP_STALE);
    const tail = (type: number) => toTail(type, blockedAnswer("x", type, options.blockMode));
    this.#tails = { v4: tail(RECORD_TYPES.A), v6: tail(RECORD_TYPES.AAAA), other: tail(RECORD_TYPES.TXT) };
  }

  /** Questions that servers are being asked. */
  get open(): number {
    return this.#open.size;
  }

  /**
   * A message from `address`. Returns the reply, good until the next call; a promise of one that others are asked for; `undefined`
   * when there will be none. `stream`: it came over TCP.
   */
  process(
    asked: Uint8Array,
    address: string,
    stream: boolean,
    now: number,
  ): Uint8Array | Promise<Uint8Array> | undefined {
    const query = this.#query;
    const { counters } = this.#statistics;
    readQuery(asked, query);
    if (query.kind === "malformed" || query.kind === "response") {
      if (query.kind === "malformed") counters.malformed++;
      else counters.responses++;
      return undefined;
    }
    const verdict = this.#options.clients.judge(address, stream, now);
    if (verdict === "drop") {
      counters.limited++;
      return undefined;
    }
    if (verdict === "truncate") {
      counters.truncated++;
      return this.#refuse(asked, query, NOERROR, true);
    }
    const refusal = verdict === "refuse" ? REFUSED : refusalOf(asked, query);
    if (refusal !== NOERROR) {
      if (refusal === FORMERR) counters.malformed++;
      counters.refused++;
      return this.#refuse(asked, query, refusal);
    }
    counters.queries++;
    if (stream) counters.overTcp++;
    const limit = stream ? MAX_MESSAGE : query.limit;
    const key = keyOf(asked, query, this.#options.bytes);
    const known = this.answers.get(key, now);
    if (known !== undefined && (known.expiresAt > now || known.retryAt > now)) {
      if (known.expiresAt <= now) counters.stale++;
      else if (!known.blocked) counters.hits++;
      this.#statistics.query(known.name, known.blocked, now);
      this.#prefetch(known, now);
      return this.#reply(asked, query, known, now, limit);
    }
    const { type } = query;
    const name = lowerName(readName(asked, 0, query.nameEnd, { at: HEADER_LENGTH })!);
    const own = type === TYPE_ANY ? anyAnswer(name) : localAnswer(name, type);
    if (own !== undefined) {
      this.#statistics.query(name, false, now);
      return this.#reply(asked, query, this.#keep(key, name, type, own, false, now), now, limit);
    }
    if (this.#options.isBlocked(name)) {
      // Not kept: there are more names below those of a list than a cache has room for.
      this.#statistics.query(name, true, now);
      return this.#into.subarray(0, writeTail(this.#into, asked, query, this.#tailOf(type)));
    }
    this.#statistics.query(name, false, now);
    counters.misses++;
    if (this.#open.size >= MAX_OPEN && !this.#open.has(key)) {
      counters.overloaded++;
      return this.#refuse(asked, query, SERVFAIL);
    }
    // The query is read into the same object next time, and the bytes are the socket's own copy.
    const copy = { ...query };
    return this.#ask(key, name, type, known).then((answer) => {
      if (answer.blocked) counters.blocked++;
      if (answer.rcode === SERVFAIL) counters.failures++;
      return this.#reply(asked, copy, answer, this.#options.now(), limit).slice();
    });
  }

  #tailOf(type: number): Tail {
    if (type === RECORD_TYPES.A) return this.#tails.v4;
    return type === RECORD_TYPES.AAAA ? this.#tails.v6 : this.#tails.other;
  }

  /** One question for all who wait for it. */
  #ask(key: string, name: string, type: number, stale: Answer | undefined): Promise<Answer> {
    const running = this.#open.get(key);
    if (running !== undefined) return running;
    const asking = this.#resolve(key, name, type, stale);
    this.#open.set(key, asking);
    return asking;
  }

  async #resolve(key: string, name: string, type: number, stale: Answer | undefined): Promise<Answer> {
    const { resolve, isBlocked, blockMode, now } = this.#options;
    const began = now();
    try {
      let resolution: Resolution;
      try {
        resolution = await resolve(name, type);
      } catch {
        resolution = FAILURE;
      }
      const ended = now();
      this.#statistics.resolved(ended - began);
      const failed = resolution.rcode !== NOERROR && resolution.rcode !== NXDOMAIN;
      if (failed && stale !== undefined) {
        this.#statistics.counters.stale++;
        stale.retryAt = ended + RETRY_AFTER;
        return stale;
      }
      // A name that hides behind an alias of a domain that looks like the site's own.
      const blocked = resolution.answers.some(
        (record) => record.type === "CNAME" && isBlocked(lowerName(record.target)),
      );
      return this.#keep(key, name, type, blocked ? blockedAnswer(name, type, blockMode) : resolution, blocked, ended);
    } finally {
      this.#open.delete(key);
    }
  }

  #keep(key: string, name: string, type: number, resolution: Resolution, blocked: boolean, now: number): Answer {
    const negative = resolution.rcode !== NOERROR || resolution.answers.length === 0;
    const failed = resolution.rcode !== NOERROR && resolution.rcode !== NXDOMAIN;
    const ttl = failed ? FAILURE_TTL : ttlOf(resolution, 0, negative ? MAX_NEGATIVE_TTL : MAX_TTL);
    const wire = toWire(name, type, resolution);
    const { rcode } = resolution;
    const expiresAt = now + ttl * 1000;
    const answer = { ...wire, key, name, type, rcode, blocked, storedAt: now, expiresAt, retryAt: 0, hits: 0 };
    if (ttl > 0) this.answers.put(answer);
    return answer;
  }

  #prefetch(answer: Answer, now: number): void {
    if (answer.blocked || answer.retryAt > now || answer.hits < PREFETCH_HITS || answer.rcode === SERVFAIL) return;
    if (answer.expiresAt - now > (answer.expiresAt - answer.storedAt) * PREFETCH_SHARE) return;
    if (this.#open.size >= MAX_OPEN || this.#open.has(answer.key) || localAnswer(answer.name, answer.type)) return;
    if (answer.type === TYPE_ANY) return;
    this.#statistics.counters.prefetched++;
    void this.#ask(answer.key, answer.name, answer.type, answer);
  }

  #reply(asked: Uint8Array, query: Query, answer: Answer, now: number, limit: number): Uint8Array {
    const fresh = answer.expiresAt > now;
    // What has just been stored was asked for a moment ago: its clock may be ahead of this one's reading.
    const age = fresh ? Math.max(Math.floor((now - answer.storedAt) / 1000), 0) : 0;
    const maxTtl = fresh || answer.hits === 0 ? MAX_TTL : STALE_TTL;
    const length = writeReply(this.#into, asked, query, answer, age, maxTtl, limit);
    if ((this.#into[2]! & 2) !== 0) this.#statistics.counters.truncated++;
    return this.#into.subarray(0, length);
  }

  #refuse(asked: Uint8Array, query: Query, rcode: number, truncated = false): Uint8Array {
    return this.#into.subarray(0, writeRefusal(this.#into, asked, query, rcode, truncated));
  }
}

function refusalOf(asked: Uint8Array, query: Query): number {
  if (query.kind === "refuse") return query.rcode;
  if (query.version > 0) return BADVERS;
  // Who wants no recursion asks what others asked before: that is nobody's business.
  if (query.class !== CLASS_IN || (asked[2]! & RECURSION_DESIRED_BIT) === 0) return REFUSED;
  if (query.type === 0 || query.type === TYPE_OPT) return FORMERR;
  return query.type >= FIRST_META && query.type < TYPE_ANY ? REFUSED : NOERROR;
}

const NOT_ASCII = new Uint8Array(256).fill(1, 128);

/** Name and type as a string, the same for names that differ only in case. */
function keyOf(asked: Uint8Array, query: Query, bytes: ByteHelpers): string {
  const length = query.nameEnd - HEADER_LENGTH;
  const type = String.fromCharCode(query.type);
  // Lengths of labels are no letters, so lowering all bytes changes letters alone; but strings know letters beyond ASCII.
  if (bytes.findInSet(asked, NOT_ASCII, HEADER_LENGTH, length) < 0) {
    return bytes.latin1Decode(asked, HEADER_LENGTH, length).toLowerCase() + type;
  }
  return `\0${lowerName(readName(asked, 0, query.nameEnd, { at: HEADER_LENGTH })!)}${type}`;
}

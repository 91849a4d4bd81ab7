import { GROUP, PORT as MDNS_PORT } from "../mdns/responder.ts";
import { Timers } from "../timers.ts";
import {
  createDnsMessage,
  type DnsMessage,
  emitDns,
  FORMERR,
  NOERROR,
  NOTIMP,
  NXDOMAIN,
  OPCODE_QUERY,
  parseDns,
  REFUSED,
  SERVER_PORT,
  SERVFAIL,
} from "../wire/dns.ts";
import { lowerName } from "../wire/dns-name.ts";
import { CLASS_IN } from "../wire/dns-records.ts";
import { type Answer, readAnswer } from "./answer.ts";
import type { DnsCache } from "./cache.ts";
import type { DnsCounters } from "./counters.ts";
import type { Lookup, LookupFailure } from "./lookup.ts";
import type { Attempt, Question, Server } from "./question.ts";

/** How long the first datagram waits for an answer, milliseconds; twice as long in each round over the servers. */
export const FIRST_TIMEOUT = 500;
/** Rounds over all servers: 0.5 + 1 + 2 + 4 s with one of them. */
export const ROUNDS = 4;
/** For an answer over TCP, the handshake among it. */
export const STREAM_TIMEOUT = 5000;
/** So long a server that failed is asked after the others. */
const SERVER_PENALTY = 60_000;
/** Rounds of a question to the group of multicast DNS: silence there means that nobody has the name. */
export const GROUP_ROUNDS = 3;
/** Servers beyond these are not asked; resolvers traditionally stop at three. */
export const MAX_SERVERS = 4;
/** Questions at once; each holds a port. */
export const MAX_QUESTIONS = 1024;
/** "1232 octets" pass everywhere unfragmented: 1,280 of IPv6's least MTU without its headers. */
export const UDP_SIZE = 1232;
/** "as large as possible and practicable" a range of ports (RFC 5452 9.2), without those that servers like to listen on. */
const FIRST_PORT = 16_384;
const PORTS = 49_152;
const PORT_TRIES = 32;

/** What the machine does to the world. */
export interface ResolverSink {
  /** Listens on a UDP port of ours; false: it is taken. */
  open(port: number): boolean;
  close(port: number): void;
  /** Sends to `serverPort` of `server`; false: there is no way. The bytes are valid during the call only. */
  send(port: number, server: number, serverPort: number, message: Uint8Array, length: number): boolean;
  /** Asks over TCP; the answer goes to `processStream`, a failure to `streamFailed`. */
  stream(attempt: Attempt, message: Uint8Array, length: number): void;
  /** Nobody waits for it any more. */
  endStream(attempt: Attempt): void;
}

/** How a question ended: with an answer of use, or without. */
export type Outcome =
  | Exclude<Answer, { kind: "useless" }>
  | { readonly kind: "failed"; readonly failure: LookupFailure };

export interface AskerOptions {
  /** 32 random bits that nobody can guess. */
  readonly random: () => number;
  /** Takes what answers say. */
  readonly cache: DnsCache;
  readonly counters: DnsCounters;
  /** The question has been dropped; its waiters are the callee's. */
  readonly onEnd: (question: Question, outcome: Outcome, now: number) => void;
}

/**
 * Asks servers one question each until one answers: ports, identifiers, repetitions, TCP. The lower half of the resolver:
 * `process`, `dispatch`, `pollAt`.
 */
export class Asker {
  #servers: Server[] = [];
  /** For names that end in ".local" (RFC 6762 3). */
  readonly #group: Server = { address: GROUP, port: MDNS_PORT, edns: false, failedAt: Number.NEGATIVE_INFINITY };
  readonly #random: () => number;
  readonly #cache: DnsCache;
  readonly #counters: DnsCounters;
  readonly #onEnd: AskerOptions["onEnd"];
  readonly #questions = new Map<string, Question>();
  readonly #ports = new Map<number, Attempt>();
  readonly #timers = new Timers<Question>();
  /** Attempts of questions that have ended: their ports and streams are given back with the next dispatch. */
  readonly #ended: Attempt[] = [];
  readonly #buffer = new Uint8Array(512);

  constructor(options: AskerOptions) {
    this.#random = options.random;
    this.#cache = options.cache;
    this.#counters = options.counters;
    this.#onEnd = options.onEnd;
  }

  /** Questions that are open. */
  get size(): number {
    return this.#questions.size;
  }

  get servers(): readonly number[] {
    return this.#servers.map(({ address }) => address);
  }

  /** Questions that are open now ask those that they began with. */
  setServers(addresses: readonly number[]): void {
    const wanted = addresses.slice(0, MAX_SERVERS);
    const before = this.#servers;
    if (wanted.length === before.length && wanted.every((address, index) => before[index]!.address === address)) return;
    this.#servers = wanted.map(
      (address) =>
        before.find((server) => server.address === address) ?? {
          address,
          port: SERVER_PORT,
          edns: true,
          failedAt: Number.NEGATIVE_INFINITY,
        },
    );
  }

  pollAt(): number {
    return this.#ended.length > 0 ? 0 : this.#timers.first;
  }

  /**
   * Lets `lookup` wait for the answer to a name and type; asks if nobody else does already. The reason when that is impossible.
   */
  join(lookup: Lookup, now: number): LookupFailure | undefined {
    const key = `${lookup.type} ${lowerName(lookup.current)}`;
    let question = this.#questions.get(key);
    if (question === undefined) {
      const local = isLinkLocal(lookup.current);
      if (this.#servers.length === 0 && !local) return "ENOSERVER";
      if (this.#questions.size >= MAX_QUESTIONS) return "ENOMEM";
      const isWell = (server: Server): boolean => now - server.failedAt >= SERVER_PENALTY;
      question = {
        key,
        name: lookup.current,
        type: lookup.type,
        servers: local
          ? [this.#group]
          : [...this.#servers.filter(isWell), ...this.#servers.filter((server) => !isWell(server))],
        attempts: [],
        waiters: new Set(),
        step: 0,
        streamDue: undefined,
        repeatDue: undefined,
        pending: undefined,
        failure: "ETIMEOUT",
        timerKey: Number.POSITIVE_INFINITY,
        timerIndex: -1,
      };
      this.#questions.set(key, question);
      this.#timers.schedule(question, now);
    }
    question.waiters.add(lookup);
    lookup.question = question;
    return undefined;
  }

  /** `lookup` does not wait any more; a question that nobody waits for is dropped. */
  leave(question: Question, lookup: Lookup): void {
    question.waiters.delete(lookup);
    if (question.waiters.size === 0) this.#end(question);
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
    const attempt = this.#ports.get(port);
    const id = length < 2 ? -1 : (bytes[at]! << 8) | bytes[at + 1]!;
    if (
      attempt === undefined ||
      (attempt.server.address !== address && attempt.server !== this.#group) ||
      attempt.server.port !== sourcePort ||
      attempt.id !== id ||
      attempt.stream ||
      attempt.failed
    ) {
      this.#counters.mismatched++;
      return false;
    }
    const message = this.#parse(bytes, at, length);
    if (message === undefined) return false;
    if (this.#isBareRefusal(message)) {
      this.#refused(attempt, message.rcode, now);
      return true;
    }
    const asked = this.#compare(message, attempt);
    if (asked === "other") {
      this.#counters.mismatched++;
      return false;
    }
    if (attempt.server === this.#group) {
      // No TCP there, and nothing that it would prove: whoever answers is on the link.
      this.#take(attempt, message, now);
      return true;
    }
    if (asked === "case") {
      // A server that does not keep it, or a forger who has guessed all but the letters: TCP tells.
      this.#counters.wrongCase++;
      this.#askByStream(attempt, now);
      return false;
    }
    if (message.truncated) {
      this.#counters.truncated++;
      this.#askByStream(attempt, now);
      return true;
    }
    this.#take(attempt, message, now);
    return true;
  }

  /** A whole message arrived over TCP, without its length. */
  processStream(attempt: Attempt, bytes: Uint8Array, at: number, length: number, now: number): void {
    if (!this.#isOpen(attempt)) return;
    const message = this.#parse(bytes, at, length);
    if (message === undefined || message.id !== attempt.id || this.#compare(message, attempt) === "other") {
      if (message !== undefined) this.#counters.mismatched++;
      this.#fail(attempt, "EBADRESP", now);
      return;
    }
    this.#take(attempt, message, now);
  }

  /** The TCP connection failed or ended early. */
  streamFailed(attempt: Attempt, now: number): void {
    if (this.#isOpen(attempt)) this.#fail(attempt, "ECONNREFUSED", now);
  }

  /** Sends what is due, and gives back what is not needed any more. */
  dispatch(now: number, sink: ResolverSink): void {
    for (let question = this.#timers.take(now); question !== undefined; question = this.#timers.take(now)) {
      this.#ask(question, now, sink);
    }
    for (const attempt of this.#ended.splice(0)) {
      if (this.#ports.delete(attempt.port)) sink.close(attempt.port);
      if (attempt.stream) sink.endStream(attempt);
    }
  }

  /** The question's timer has come: the next datagram, or the stream that is due. */
  #ask(question: Question, now: number, sink: ResolverSink): void {
    if (question.pending !== undefined) {
      // Nothing came in time. Over TCP that ends the attempt; a datagram may still be answered while others are asked.
      question.pending.server.failedAt = now;
      if (question.pending.stream) question.pending.failed = true;
      question.pending = undefined;
    }
    const streamDue = question.streamDue;
    if (streamDue !== undefined) {
      question.streamDue = undefined;
      question.pending = streamDue;
      this.#counters.streams++;
      sink.stream(streamDue, this.#buffer, this.#emit(streamDue, false));
      // It may have failed at once.
      if (!streamDue.failed) this.#timers.schedule(question, now + STREAM_TIMEOUT);
      return;
    }
    const repeat = question.repeatDue;
    question.repeatDue = undefined;
    const count = question.servers.length;
    const rounds = question.servers[0] === this.#group ? GROUP_ROUNDS : ROUNDS;
    const round = (): number => Math.max(0, Math.floor((question.step - 1) / count));
    if (repeat !== undefined && this.#transmit(repeat, round(), now, sink)) return;
    while (question.step < count * rounds) {
      const index = question.step++ % count;
      const known = question.attempts[index];
      if (known !== undefined && (known.failed || known.stream)) continue;
      const attempt = known ?? this.#openAttempt(question, question.servers[index]!, sink);
      if (attempt === undefined) break;
      question.attempts[index] = attempt;
      if (known !== undefined) this.#counters.retransmissions++;
      if (this.#transmit(attempt, round(), now, sink)) return;
    }
    const silent = rounds === GROUP_ROUNDS && question.failure === "ETIMEOUT";
    this.#giveUp(question, silent ? "ENOTFOUND" : question.failure, now);
  }

  /** False: it cannot be sent there. */
  #transmit(attempt: Attempt, round: number, now: number, sink: ResolverSink): boolean {
    const { question, server } = attempt;
    // What swallows EDNS0 in silence gets a last chance without.
    const length = this.#emit(attempt, server.edns && round < ROUNDS - 1);
    this.#counters.queries++;
    if (!sink.send(attempt.port, server.address, server.port, this.#buffer, length)) {
      attempt.failed = true;
      server.failedAt = now;
      question.failure = "ECONNREFUSED";
      return false;
    }
    question.pending = attempt;
    this.#timers.schedule(question, now + FIRST_TIMEOUT * 2 ** round);
    return true;
  }

  #openAttempt(question: Question, server: Server, sink: ResolverSink): Attempt | undefined {
    for (let tries = 0; tries < PORT_TRIES; tries++) {
      const bits = this.#random();
      const port = FIRST_PORT + ((bits >>> 16) % PORTS);
      if (this.#ports.has(port) || !sink.open(port)) continue;
      const name = this.#mixCase(question.name);
      const attempt: Attempt = { question, server, id: bits & 0xffff, port, name, stream: false, failed: false };
      this.#ports.set(port, attempt);
      return attempt;
    }
    question.failure = "ENOMEM";
    return undefined;
  }

  /** draft-vixie-dnsext-dns0x20: servers repeat the question as it was written. */
  #mixCase(name: string): string {
    let mixed = "";
    let bits = 0;
    for (let index = 0; index < name.length; index++) {
      if ((index & 31) === 0) bits = this.#random();
      const letter = name[index]!;
      mixed += bits & 1 ? letter.toUpperCase() : letter.toLowerCase();
      bits >>>= 1;
    }
    return mixed;
  }

  #emit(attempt: Attempt, edns: boolean): number {
    const message = createDnsMessage();
    message.id = attempt.id;
    message.recursionDesired = attempt.server !== this.#group;
    message.questions.push({ name: attempt.name, type: attempt.question.type, class: CLASS_IN });
    if (edns) message.udpSize = UDP_SIZE;
    return emitDns(this.#buffer, 0, message);
  }

  // --- answers ---------------------------------------------------------------------------------------------------------

  #parse(bytes: Uint8Array, at: number, length: number): DnsMessage | undefined {
    const message = parseDns(bytes, at, length);
    if (message?.response && message.opcode === OPCODE_QUERY) return message;
    this.#counters.malformed++;
    return undefined;
  }

  /** Some servers do not repeat a question that they could not read. */
  #isBareRefusal({ rcode, questions }: DnsMessage): boolean {
    return questions.length === 0 && (rcode === FORMERR || rcode === NOTIMP || rcode === REFUSED);
  }

  #compare(message: DnsMessage, attempt: Attempt): "same" | "case" | "other" {
    const [asked, ...more] = message.questions;
    if (asked === undefined || more.length > 0) return "other";
    if (asked.type !== attempt.question.type || asked.class !== CLASS_IN) return "other";
    if (asked.name === attempt.name) return "same";
    return lowerName(asked.name) === lowerName(attempt.name) ? "case" : "other";
  }

  #take(attempt: Attempt, message: DnsMessage, now: number): void {
    const { question, server } = attempt;
    if (message.rcode !== NOERROR && message.rcode !== NXDOMAIN) {
      this.#refused(attempt, message.rcode, now);
      return;
    }
    const answer = readAnswer(message, question.name, question.type, this.#cache, now);
    if (answer.kind === "useless") {
      this.#fail(attempt, "EBADRESP", now);
      return;
    }
    this.#counters.answers++;
    server.failedAt = Number.NEGATIVE_INFINITY;
    this.#end(question);
    this.#onEnd(question, answer, now);
  }

  #refused(attempt: Attempt, rcode: number, now: number): void {
    // "the requestor … MAY retry without an OPT" (RFC 6891 7).
    if (rcode === FORMERR && attempt.server.edns && !attempt.stream) {
      attempt.server.edns = false;
      this.#counters.failures++;
      attempt.question.repeatDue = attempt;
      attempt.question.pending = undefined;
      this.#timers.schedule(attempt.question, now);
      return;
    }
    const failures: Record<number, LookupFailure> = {
      [FORMERR]: "EFORMERR",
      [SERVFAIL]: "ESERVFAIL",
      [NOTIMP]: "ENOTIMP",
      [REFUSED]: "EREFUSED",
    };
    this.#fail(attempt, failures[rcode] ?? "EBADRESP", now);
  }

  #askByStream(attempt: Attempt, now: number): void {
    const { question } = attempt;
    attempt.stream = true;
    question.streamDue = attempt;
    question.pending = undefined;
    this.#timers.schedule(question, now);
  }

  /** This server is of no use here: on to the next one, at once unless another is being waited for. */
  #fail(attempt: Attempt, failure: LookupFailure, now: number): void {
    const { question } = attempt;
    this.#counters.failures++;
    attempt.failed = true;
    attempt.server.failedAt = now;
    question.failure = failure;
    if (question.pending !== undefined && question.pending !== attempt) return;
    question.pending = undefined;
    this.#timers.schedule(question, now);
  }

  #isOpen(attempt: Attempt): boolean {
    return !attempt.failed && this.#questions.get(attempt.question.key) === attempt.question;
  }

  #giveUp(question: Question, failure: LookupFailure, now: number): void {
    this.#end(question);
    this.#onEnd(question, { kind: "failed", failure }, now);
  }

  #end(question: Question): void {
    this.#timers.remove(question);
    this.#questions.delete(question.key);
    for (const attempt of question.attempts) if (attempt !== undefined) this.#ended.push(attempt);
  }
}

/** "Any DNS query for a name ending with ".local." MUST be sent to the mDNS … multicast address" (RFC 6762 3). */
function isLinkLocal(name: string): boolean {
  return lowerName(name).endsWith(".local");
}

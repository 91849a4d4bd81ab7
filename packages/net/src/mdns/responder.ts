import { createDnsMessage, type DnsMessage, type DnsQuestion, OPCODE_QUERY } from "../wire/dns.ts";
import { encodeName, lowerName, MAX_LABEL } from "../wire/dns-name.ts";
import { CLASS_IN, type DnsRecord, RECORD_TYPES, type RecordData } from "../wire/dns-records.ts";

/** 224.0.0.251, port 5353 (RFC 6762 3). Over IPv6 the group is `MDNS_GROUP`. */
export const GROUP = 0xe00000fb | 0;
export const PORT = 5353;

/** "250 ms after the first query, … the second, … the third" (RFC 6762 8.1). */
export const PROBE_INTERVAL = 250;
export const PROBES = 3;
/** "at least two unsolicited responses, one second apart" (RFC 6762 8.3). */
export const ANNOUNCE_INTERVAL = 1000;
export const ANNOUNCEMENTS = 2;
/** "the host that lost … waits one second" before it probes again (RFC 6762 8.2). */
const DEFER = 1000;
/** "if fifteen conflicts occur within any ten-second period, then the host MUST wait at least five seconds" (RFC 6762 8.1). */
const MAX_CONFLICTS = 15;
const CONFLICT_PERIOD = 10_000;
const CONFLICT_PAUSE = 5000;
/** "a record … MUST NOT be multicast … until at least one second has elapsed"; 250 ms against a probe (RFC 6762 6). */
const REPEAT_AFTER = 1000;
const DEFEND_AFTER = 250;
/** "TTL value for … records that contain a host's name … SHOULD be 120 seconds" (RFC 6762 10). */
export const HOST_TTL = 120;
/** "TTL … SHOULD NOT be greater than ten seconds" for those who ask like plain DNS (RFC 6762 6.7). */
const LEGACY_TTL = 10;

/** In the class of a record: forget what others said of it; of a question: a unicast answer is welcome (RFC 6762 10.2, 5.4). */
const TOP_BIT = 0x8000;
const TYPE_ANY = 255;
const CLASS_ANY = 255;

/** Where a message goes; undefined: to the group. */
export interface Destination {
  readonly address: number;
  readonly port: number;
}

export type MdnsSink = (message: DnsMessage, to: Destination | undefined) => void;

/** An address of ours: IPv4's as int32, IPv6's as 16 bytes. */
export type HostAddress = Extract<RecordData, { type: "A" | "AAAA" }>;

export interface ResponderOptions {
  /** One label, without `.local`. */
  readonly name: string;
  /** None: nothing is said. */
  readonly addresses: readonly HostAddress[];
  /** 32 random bits. */
  readonly random: () => number;
  readonly now: number;
}

export type ResponderState = "waiting" | "probing" | "announcing" | "established" | "closed";

/**
 * Owner of one host name on the link (RFC 6762): makes sure that nobody else has it, announces it, answers for its addresses,
 * and takes another one ("name-2") when somebody else claims it. A machine: `process`, `dispatch`, `pollAt`. Times are
 * milliseconds.
 */
export class MdnsResponder {
  state: ResponderState = "waiting";
  /** How often somebody else had the name. */
  conflicts = 0;
  readonly #base: string;
  readonly #random: () => number;
  #addresses: readonly HostAddress[] = [];
  #number = 1;
  #nextAt = Number.POSITIVE_INFINITY;
  #sent = 0;
  #multicastAt = Number.NEGATIVE_INFINITY;
  readonly #recent: number[] = [];
  readonly #out: { message: DnsMessage; to: Destination | undefined }[] = [];

  constructor(options: ResponderOptions) {
    this.#base = options.name;
    this.#random = options.random;
    this.setAddresses(options.addresses, options.now);
  }

  /** With `.local`; changes when there is a conflict. */
  get hostname(): string {
    if (this.#number === 1) return `${this.#base}.local`;
    const suffix = `-${this.#number}`;
    return `${this.#base.slice(0, MAX_LABEL - suffix.length)}${suffix}.local`;
  }

  /**
   * Our addresses have changed. Where some are as before, the group hears of the others (RFC 6762 8.4); where all are new, this may
   * be another link, on which somebody else may have the name.
   */
  setAddresses(addresses: readonly HostAddress[], now: number): void {
    const before = this.#addresses;
    const kept = before.filter((each) => addresses.some((other) => isSame(each, other)));
    if ((kept.length === before.length && kept.length === addresses.length) || this.state === "closed") return;
    this.#addresses = addresses;
    if (addresses.length === 0) {
      this.state = "waiting";
      this.#nextAt = Number.POSITIVE_INFINITY;
    } else if (kept.length === 0) {
      this.#probe(now);
    } else if (this.state === "announcing" || this.state === "established") {
      this.state = "announcing";
      this.#sent = 0;
      this.#nextAt = now;
    }
  }

  /** Says goodbye with the next dispatch (RFC 6762 10.1) and falls silent. */
  close(): void {
    if (this.state === "announcing" || this.state === "established") this.#answerGroup(0, Number.NaN);
    this.state = "closed";
    this.#nextAt = Number.POSITIVE_INFINITY;
  }

  pollAt(): number {
    return this.#out.length > 0 ? 0 : this.#nextAt;
  }

  /** A message arrived from a host of the link. */
  process(message: DnsMessage, source: Destination, now: number): void {
    if (this.state === "waiting" || this.state === "closed" || message.opcode !== OPCODE_QUERY) return;
    if (message.response) this.#hear(message, source, now);
    else this.#asked(message, source, now);
  }

  dispatch(now: number, sink: MdnsSink): void {
    if (this.#nextAt <= now) this.#advance(now);
    for (const { message, to } of this.#out.splice(0)) sink(message, to);
  }

  #advance(now: number): void {
    if (this.state === "probing") {
      if (this.#sent < PROBES) {
        this.#sent++;
        this.#nextAt = now + PROBE_INTERVAL;
        this.#out.push({ message: this.#probeMessage(), to: undefined });
        return;
      }
      this.state = "announcing";
      this.#sent = 0;
    }
    this.#sent++;
    this.#answerGroup(HOST_TTL, now);
    this.#nextAt = now + ANNOUNCE_INTERVAL;
    if (this.#sent === ANNOUNCEMENTS) {
      this.state = "established";
      this.#nextAt = Number.POSITIVE_INFINITY;
    }
  }

  /** "a random delay of 0-250 ms" first, so that hosts that were switched on together do not speak at once (RFC 6762 8.1). */
  #probe(now: number, pause = 0): void {
    this.state = "probing";
    this.#sent = 0;
    this.#nextAt = now + pause + ((this.#random() & 0xffff) / 0x10000) * PROBE_INTERVAL;
  }

  // --- others ----------------------------------------------------------------------------------------------------------

  #isOurs(name: string): boolean {
    return lowerName(name) === lowerName(this.hostname);
  }

  /** Somebody's records: if they say something else of our name, it is not ours (RFC 6762 8.1, 9). */
  #hear(message: DnsMessage, source: Destination, now: number): void {
    // "MUST silently ignore any … responses … with a source UDP port other than 5353" (RFC 6762 6).
    if (source.port !== PORT) return;
    for (const record of [...message.answers, ...message.additionals]) {
      if ((record.class & ~TOP_BIT) !== CLASS_IN || record.ttl === 0 || !this.#isOurs(record.name)) continue;
      // Once it is ours, types that we have none of do no harm; while we probe, any record is a claim.
      const other = this.state === "probing" || this.#addresses.some(({ type }) => type === record.type);
      if (other && !this.#addresses.some((each) => isSame(each, record))) {
        this.#conflict(now);
        return;
      }
    }
  }

  #conflict(now: number): void {
    this.conflicts++;
    if (this.state === "probing") {
      this.#number++;
      this.#recent.push(now);
      while (this.#recent.length > 0 && this.#recent[0]! <= now - CONFLICT_PERIOD) this.#recent.shift();
      if (this.#recent.length >= MAX_CONFLICTS) {
        this.#recent.shift();
        this.#probe(now, CONFLICT_PAUSE);
        return;
      }
    }
    // What was ours is probed for again under the same name: whoever answers keeps it (RFC 6762 9).
    this.#probe(now);
  }

  #asked(message: DnsMessage, source: Destination, now: number): void {
    const probing = message.authorities.some((record) => this.#isOurs(record.name));
    if (this.state === "probing") {
      if (probing && this.#loses(message.authorities)) this.#probe(now, DEFER);
      return;
    }
    const asked = message.questions.filter((question) => this.#answers(question));
    if (asked.length === 0) return;
    if (source.port !== PORT) {
      this.#answerLegacy(message, asked, source);
      return;
    }
    // "MUST NOT answer if the answer … is already included in the Answer Section with an RR TTL at least half" (RFC 6762 7.1).
    const known = (each: HostAddress): boolean =>
      message.answers.some((record) => isSame(each, record) && this.#isOurs(record.name) && record.ttl >= HOST_TTL / 2);
    if (this.#addresses.every((each) => !isAsked(each, asked) || known(each))) return;
    // Unless the group has not heard of it for a quarter of its time (RFC 6762 5.4).
    const recently = now - this.#multicastAt < (HOST_TTL * 1000) / 4;
    if (recently && asked.every((question) => (question.class & TOP_BIT) !== 0)) {
      this.#out.push({ message: this.#response(HOST_TTL, asked), to: source });
      return;
    }
    if (now - this.#multicastAt >= (probing ? DEFEND_AFTER : REPEAT_AFTER)) this.#answerGroup(HOST_TTL, now, asked);
  }

  #answers(question: DnsQuestion): boolean {
    const ofClass = question.class & ~TOP_BIT;
    return (
      (ofClass === CLASS_IN || ofClass === CLASS_ANY) &&
      this.#isOurs(question.name) &&
      this.#addresses.some((each) => isAsked(each, [question]))
    );
  }

  /** Two probe at the same moment: the records that are lexicographically later win (RFC 6762 8.2, 8.2.1). */
  #loses(records: readonly DnsRecord[]): boolean {
    const theirs = records.filter((record) => this.#isOurs(record.name)).map(sortKey);
    const ours = this.#addresses.map(sortKey).sort();
    for (const [index, key] of theirs.sort().entries()) {
      const own = ours[index];
      if (own === undefined || key > own) return true;
      if (key < own) return false;
    }
    return false;
  }

  // --- messages --------------------------------------------------------------------------------------------------------

  #records(recordClass: number, ttl: number): readonly DnsRecord[] {
    return this.#addresses.map((each) => ({ name: this.hostname, class: recordClass, ttl, ...each }));
  }

  #probeMessage(): DnsMessage {
    const message = createDnsMessage();
    message.questions.push({ name: this.hostname, type: TYPE_ANY, class: CLASS_IN | TOP_BIT });
    message.authorities.push(...this.#records(CLASS_IN, HOST_TTL));
    return message;
  }

  /** `asked`: those answer; the addresses of the other family are told beside them (RFC 6762 6.2). */
  #response(ttl: number, asked?: readonly DnsQuestion[]): DnsMessage {
    const message = createDnsMessage();
    message.response = true;
    message.authoritative = true;
    this.#fill(message, CLASS_IN | TOP_BIT, ttl, asked);
    return message;
  }

  #fill(message: DnsMessage, recordClass: number, ttl: number, asked?: readonly DnsQuestion[]): void {
    for (const record of this.#records(recordClass, ttl)) {
      const answers = asked === undefined || isAsked(record as HostAddress, asked);
      (answers ? message.answers : message.additionals).push(record);
    }
  }

  #answerGroup(ttl: number, now: number, asked?: readonly DnsQuestion[]): void {
    this.#multicastAt = now;
    this.#out.push({ message: this.#response(ttl, asked), to: undefined });
  }

  /** A plain resolver asked: it wants its identifier and question back, and knows no flag in a class (RFC 6762 6.7). */
  #answerLegacy(query: DnsMessage, asked: readonly DnsQuestion[], to: Destination): void {
    const message = createDnsMessage();
    message.id = query.id;
    message.response = true;
    message.authoritative = true;
    const first = asked.slice(0, 1);
    message.questions.push(...first);
    this.#fill(message, CLASS_IN, LEGACY_TTL, first);
    this.#out.push({ message, to });
  }
}

function isAsked({ type }: HostAddress, asked: readonly DnsQuestion[]): boolean {
  return asked.some((question) => question.type === RECORD_TYPES[type] || question.type === TYPE_ANY);
}

function isSame(own: HostAddress, record: RecordData): boolean {
  return own.type === record.type && sortKey(own) === sortKey(record);
}

/** Types are compared first, then the data as bytes (RFC 6762 8.2). Types other than ours count as later ones. */
function sortKey(record: RecordData): string {
  const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");
  if (record.type === "A") return `0001${hex(record.address >>> 0, 8)}`;
  if (record.type === "AAAA") return `001c${Array.from(record.address, (byte) => hex(byte, 2)).join("")}`;
  return "ffff";
}

/** Whether `name` can be one label of a host name. */
export function isHostLabel(name: string): boolean {
  return (
    name.length <= MAX_LABEL && /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(name) && encodeName(name) !== undefined
  );
}

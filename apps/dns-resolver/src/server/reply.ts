import {
  createDnsMessage,
  type DnsRecord,
  emitDns,
  HEADER_LENGTH,
  type NameCursor,
  readName,
  SERVFAIL,
} from "@soloist/net/dns";
import { CHECKING_DISABLED_BIT, MAX_DATAGRAM, type Query, RECURSION_DESIRED_BIT, RESPONSE_BIT } from "./query.ts";

/** What is known of a question, to be put into replies. */
export interface Resolution {
  readonly rcode: number;
  /** The chain of CNAMEs and what it ends in. */
  readonly answers: readonly DnsRecord[];
  /** The SOA that says how long an absence holds (RFC 2308). */
  readonly authorities: readonly DnsRecord[];
}

export const FAILURE: Resolution = { rcode: SERVFAIL, answers: [], authorities: [] };

const FLAGS = 2;
const ADDITIONAL_COUNT = 10;
const RECURSION_AVAILABLE_BIT = 0x80;
const TRUNCATED_BIT = 0x02;
const OPT_LENGTH = 11;
const MAX_MESSAGE = 65_535;
const FIXED_LENGTH = 10;

const scratch = new Uint8Array(MAX_MESSAGE);

/** A reply without the identifier, without EDNS, and where its TTLs are. */
export interface Wire {
  readonly bytes: Uint8Array;
  readonly ttlOffsets: readonly number[];
}

/** The reply to a question, once, so that the same one costs a copy. A set that fits no message is answered SERVFAIL. */
export function toWire(name: string, type: number, resolution: Resolution): Wire {
  const message = createDnsMessage();
  message.response = true;
  message.recursionAvailable = true;
  message.rcode = resolution.rcode & 15;
  message.questions = [{ name, type, class: 1 }];
  message.answers = [...resolution.answers];
  message.authorities = [...resolution.authorities];
  // Room for EDNS stays.
  const room = scratch.subarray(0, MAX_MESSAGE - OPT_LENGTH);
  let length = emitDns(room, 0, message);
  if (length < 0) {
    message.rcode = SERVFAIL;
    message.answers = [];
    message.authorities = [];
    length = emitDns(room, 0, message);
  }
  const bytes = scratch.slice(0, length);
  return { bytes, ttlOffsets: ttlOffsets(bytes, message.answers.length + message.authorities.length) };
}

function ttlOffsets(bytes: Uint8Array, records: number): number[] {
  const cursor: NameCursor = { at: HEADER_LENGTH };
  readName(bytes, 0, bytes.length, cursor);
  cursor.at += 4;
  const offsets: number[] = [];
  for (let index = 0; index < records; index++) {
    readName(bytes, 0, bytes.length, cursor);
    offsets.push(cursor.at + 4);
    cursor.at += FIXED_LENGTH + ((bytes[cursor.at + 8]! << 8) | bytes[cursor.at + 9]!);
  }
  return offsets;
}

/**
 * Writes the reply to `query`, which `wire` answers since `age` seconds, and returns its length. The question is repeated as the
 * client wrote it, letter case and all. `maxTtl`: TTLs are this at most. `limit`: what is longer is sent truncated, empty.
 */
export function writeReply(
  into: Uint8Array,
  asked: Uint8Array,
  query: Query,
  wire: Wire,
  age: number,
  maxTtl: number,
  limit: number,
): number {
  let length = wire.bytes.length;
  const questionEnd = query.nameEnd + 4;
  if (length + (query.edns ? OPT_LENGTH : 0) > limit) {
    into.set(wire.bytes.subarray(0, questionEnd));
    into.fill(0, 6, HEADER_LENGTH);
    into[FLAGS] = into[FLAGS]! | TRUNCATED_BIT;
    length = questionEnd;
  } else {
    into.set(wire.bytes);
    for (const at of wire.ttlOffsets) {
      const ttl = into[at]! * 0x1000000 + ((into[at + 1]! << 16) | (into[at + 2]! << 8) | into[at + 3]!);
      const left = Math.max(Math.min(ttl - age, maxTtl), 0);
      into[at] = left >> 24;
      into[at + 1] = left >> 16;
      into[at + 2] = left >> 8;
      into[at + 3] = left;
    }
  }
  into[0] = asked[0]!;
  into[1] = asked[1]!;
  repeatFlags(into, asked);
  into.set(asked.subarray(HEADER_LENGTH, query.nameEnd), HEADER_LENGTH);
  return query.edns ? appendOpt(into, length, 0) : length;
}

/** A reply whose records are of the question's own name: its head, and what follows the question, the same for all names. */
export interface Tail {
  readonly head: Uint8Array;
  readonly bytes: Uint8Array;
}

/** @param resolution that of the name "x" */
export function toTail(type: number, resolution: Resolution): Tail {
  const { bytes } = toWire("x", type, resolution);
  // Owners are pointers to the question, which stands in the same place whatever its length: one label, the root, type, class.
  return { head: bytes.slice(0, HEADER_LENGTH), bytes: bytes.slice(HEADER_LENGTH + 3 + 4) };
}

/** Writes the reply to `query` that ends in `tail`, and returns its length: 400 bytes at most, which every client takes. */
export function writeTail(into: Uint8Array, asked: Uint8Array, query: Query, tail: Tail): number {
  const questionEnd = query.nameEnd + 4;
  into.set(tail.head);
  into[0] = asked[0]!;
  into[1] = asked[1]!;
  repeatFlags(into, asked);
  into.set(asked.subarray(HEADER_LENGTH, questionEnd), HEADER_LENGTH);
  into.set(tail.bytes, questionEnd);
  const length = questionEnd + tail.bytes.length;
  return query.edns ? appendOpt(into, length, 0) : length;
}

/** Writes a reply that only refuses: the head, and the question when it can be read. */
export function writeRefusal(
  into: Uint8Array,
  asked: Uint8Array,
  query: Query,
  rcode: number,
  truncated = false,
): number {
  const length = query.nameEnd === 0 ? HEADER_LENGTH : query.nameEnd + 4;
  into.set(asked.subarray(0, length));
  into.fill(0, 4, HEADER_LENGTH);
  into[5] = query.nameEnd === 0 ? 0 : 1;
  into[FLAGS] = RESPONSE_BIT | (asked[FLAGS]! & 0x78) | (truncated ? TRUNCATED_BIT : 0);
  into[FLAGS + 1] = RECURSION_AVAILABLE_BIT | (rcode & 15);
  repeatFlags(into, asked);
  return query.edns ? appendOpt(into, length, rcode) : length;
}

/** RD and CD are the client's (RFC 1035 4.1.1, RFC 4035 3.1.6). */
function repeatFlags(into: Uint8Array, asked: Uint8Array): void {
  into[FLAGS] = into[FLAGS]! | (asked[FLAGS]! & RECURSION_DESIRED_BIT);
  into[FLAGS + 1] = into[FLAGS + 1]! | (asked[FLAGS + 1]! & CHECKING_DISABLED_BIT);
}

function appendOpt(into: Uint8Array, at: number, rcode: number): number {
  into.fill(0, at, at + OPT_LENGTH);
  into[at + 2] = 41;
  into[at + 3] = MAX_DATAGRAM >> 8;
  into[at + 4] = MAX_DATAGRAM & 255;
  into[at + 5] = rcode >> 4;
  into[ADDITIONAL_COUNT + 1] = 1;
  return at + OPT_LENGTH;
}

/** Seconds that a resolution may be kept; 0: not at all. */
export function ttlOf({ answers, authorities }: Resolution, least: number, most: number): number {
  let ttl = Number.POSITIVE_INFINITY;
  for (const record of answers) ttl = Math.min(ttl, record.ttl);
  for (const record of authorities) {
    // RFC 2308 5: the SOA's minimum and its own TTL.
    ttl = Math.min(ttl, record.ttl, record.type === "SOA" ? record.minimum : record.ttl);
  }
  if (ttl === Number.POSITIVE_INFINITY) return 0;
  return Math.max(Math.min(ttl, most), least);
}

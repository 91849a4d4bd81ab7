import { emitName, type NameCursor, type NameOffsets, readName } from "./dns-name.ts";
import {
  type DnsRecord,
  emitRecordData,
  FIXED_LENGTH,
  type RecordData,
  readRecordData,
  recordCode,
  TYPE_OPT,
} from "./dns-records.ts";
import { readAddress, writeAddress } from "./ipv4-address.ts";

/** DNS messages: RFC 1035 4.1, EDNS0 of RFC 6891. */
export const ID = 0;
export const FLAGS = 2;
export const QUESTION_COUNT = 4;
export const HEADER_LENGTH = 12;

export const SERVER_PORT = 53;

const FLAG_RESPONSE = 0x8000;
const FLAG_AUTHORITATIVE = 0x0400;
const FLAG_TRUNCATED = 0x0200;
const FLAG_RECURSION_DESIRED = 0x0100;
const FLAG_RECURSION_AVAILABLE = 0x0080;

export const OPCODE_QUERY = 0;

/** RFC 1035 4.1.1, RFC 6891 9. */
export const NOERROR = 0;
export const FORMERR = 1;
export const SERVFAIL = 2;
export const NXDOMAIN = 3;
export const NOTIMP = 4;
export const REFUSED = 5;
export const BADVERS = 16;

/** Records of one message that are kept; those beyond make it malformed. A message of 64 KiB could otherwise become 5,000 objects. */
export const MAX_RECORDS = 512;

export interface DnsQuestion {
  readonly name: string;
  /** Number of the type. */
  readonly type: number;
  readonly class: number;
}

export interface DnsMessage {
  id: number;
  response: boolean;
  opcode: number;
  authoritative: boolean;
  truncated: boolean;
  recursionDesired: boolean;
  recursionAvailable: boolean;
  /** With the upper bits of EDNS0. */
  rcode: number;
  questions: DnsQuestion[];
  answers: DnsRecord[];
  authorities: DnsRecord[];
  additionals: DnsRecord[];
  /** Bytes that the sender takes in a datagram; 0: it does not speak EDNS0. */
  udpSize: number;
}

export function createDnsMessage(): DnsMessage {
  return {
    id: 0,
    response: false,
    opcode: OPCODE_QUERY,
    authoritative: false,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    rcode: NOERROR,
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
    udpSize: 0,
  };
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/**
 * `undefined`: broken. A truncated message may end in the middle of its records: those before the cut are kept.
 * Bytes behind the last record are ignored.
 */
export function parseDns(bytes: Uint8Array, at: number, length: number): DnsMessage | undefined {
  if (length < HEADER_LENGTH) return undefined;
  const end = at + length;
  const flags = u16(bytes, at + FLAGS);
  const message = createDnsMessage();
  message.id = u16(bytes, at + ID);
  message.response = (flags & FLAG_RESPONSE) !== 0;
  message.opcode = (flags >> 11) & 15;
  message.authoritative = (flags & FLAG_AUTHORITATIVE) !== 0;
  message.truncated = (flags & FLAG_TRUNCATED) !== 0;
  message.recursionDesired = (flags & FLAG_RECURSION_DESIRED) !== 0;
  message.recursionAvailable = (flags & FLAG_RECURSION_AVAILABLE) !== 0;
  message.rcode = flags & 15;
  const cursor: NameCursor = { at: at + HEADER_LENGTH };
  const questions = u16(bytes, at + QUESTION_COUNT);
  if (questions > MAX_RECORDS) return undefined;
  for (let index = 0; index < questions; index++) {
    const name = readName(bytes, at, end, cursor);
    if (name === undefined || cursor.at + 4 > end) return undefined;
    message.questions.push({ name, type: u16(bytes, cursor.at), class: u16(bytes, cursor.at + 2) });
    cursor.at += 4;
  }
  const sections = [message.answers, message.authorities, message.additionals];
  let records = 0;
  let options = 0;
  for (let section = 0; section < 3; section++) {
    const count = u16(bytes, at + QUESTION_COUNT + 2 + section * 2);
    for (let index = 0; index < count; index++) {
      if (++records > MAX_RECORDS) return undefined;
      const name = readName(bytes, at, end, cursor);
      const fixed = cursor.at;
      const dataAt = fixed + FIXED_LENGTH;
      const dataLength = name === undefined || dataAt > end ? 0 : u16(bytes, fixed + 8);
      if (name === undefined || dataAt > end || dataAt + dataLength > end) {
        return message.truncated ? message : undefined;
      }
      cursor.at = dataAt + dataLength;
      const type = u16(bytes, fixed);
      if (type === TYPE_OPT) {
        // "If a query message with more than one OPT RR is received, a FORMERR MUST be returned", and it has the root's name
        // (RFC 6891 6.1.1, 6.1.2); its class is the size, the top byte of its TTL the upper bits of RCODE.
        if (section !== 2 || name !== "" || ++options > 1) return undefined;
        // "Values lower than 512 MUST be treated as equal to 512" (RFC 6891 6.2.3).
        message.udpSize = Math.max(u16(bytes, fixed + 2), 512);
        message.rcode |= bytes[fixed + 4]! << 4;
        continue;
      }
      const data = readRecordData(bytes, at, dataAt, dataLength, type);
      if (data === undefined) return undefined;
      const ttl = readAddress(bytes, fixed + 4);
      // "should be treated as if the entire value received was zero" with the top bit set (RFC 2181 8).
      sections[section]!.push({ name, class: u16(bytes, fixed + 2), ttl: Math.max(ttl, 0), ...data });
    }
  }
  return message;
}

/**
 * Writes `message` at `at` and returns its length; -1 when it does not fit or holds what is no name. Names are compressed;
 * the first question's is written as it is.
 */
export function emitDns(into: Uint8Array, at: number, message: DnsMessage): number {
  if (at + HEADER_LENGTH > into.length) return -1;
  let flags = (message.opcode << 11) | (message.rcode & 15);
  if (message.response) flags |= FLAG_RESPONSE;
  if (message.authoritative) flags |= FLAG_AUTHORITATIVE;
  if (message.truncated) flags |= FLAG_TRUNCATED;
  if (message.recursionDesired) flags |= FLAG_RECURSION_DESIRED;
  if (message.recursionAvailable) flags |= FLAG_RECURSION_AVAILABLE;
  const edns = message.udpSize > 0;
  writeAddress(into, at, (message.id << 16) | flags);
  writeAddress(into, at + 4, (message.questions.length << 16) | message.answers.length);
  writeAddress(into, at + 8, (message.authorities.length << 16) | (message.additionals.length + (edns ? 1 : 0)));
  const offsets: NameOffsets = new Map();
  let position = at + HEADER_LENGTH;
  for (const question of message.questions) {
    position = emitName(into, position, at, question.name, offsets);
    if (position < 0 || position + 4 > into.length) return -1;
    writeAddress(into, position, (question.type << 16) | question.class);
    position += 4;
  }
  for (const section of [message.answers, message.authorities, message.additionals]) {
    for (const record of section) {
      position = emitRecord(into, position, at, record, offsets);
      if (position < 0) return -1;
    }
  }
  if (edns) {
    if (position + 1 + FIXED_LENGTH > into.length) return -1;
    into[position] = 0;
    writeAddress(into, position + 1, (TYPE_OPT << 16) | message.udpSize);
    writeAddress(into, position + 5, (message.rcode >> 4) << 24);
    into[position + 9] = 0;
    into[position + 10] = 0;
    position += 1 + FIXED_LENGTH;
  }
  return position - at;
}

function emitRecord(into: Uint8Array, at: number, start: number, record: DnsRecord, offsets: NameOffsets): number {
  const fixed = emitName(into, at, start, record.name, offsets);
  if (fixed < 0 || fixed + FIXED_LENGTH > into.length) return -1;
  writeAddress(into, fixed, (recordCode(record as RecordData) << 16) | record.class);
  writeAddress(into, fixed + 4, record.ttl | 0);
  const dataAt = fixed + FIXED_LENGTH;
  const end = emitRecordData(into, dataAt, start, record, offsets);
  if (end < 0) return -1;
  into[fixed + 8] = (end - dataAt) >> 8;
  into[fixed + 9] = end - dataAt;
  return end;
}

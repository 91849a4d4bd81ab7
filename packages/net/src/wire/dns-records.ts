import { emitName, type NameCursor, type NameOffsets, readName } from "./dns-name.ts";
import { readAddress, writeAddress } from "./ipv4-address.ts";

/** Resource records: RFC 1035 3.2 and 3.3, AAAA of RFC 3596, SRV of RFC 2782. */
export const RECORD_TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
} as const;

export type RecordType = keyof typeof RECORD_TYPES;

export const CLASS_IN = 1;
/** The pseudo-record of EDNS0 (RFC 6891 6.1). */
export const TYPE_OPT = 41;
/** TYPE, CLASS, TTL, RDLENGTH. */
export const FIXED_LENGTH = 10;

interface Head {
  readonly name: string;
  /** As on the wire, 1 for the Internet; multicast DNS puts a flag above it. */
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
}

export type RecordData =
  | { readonly type: "A"; readonly address: number }
  | { readonly type: "AAAA"; readonly address: Uint8Array }
  | { readonly type: "NS" | "CNAME" | "PTR"; readonly target: string }
  | { readonly type: "TXT"; readonly texts: readonly Uint8Array[] }
  | {
      readonly type: "SRV";
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | {
      readonly type: "SOA";
      /** The primary server, and the mailbox of whoever is responsible with "@" as a dot. */
      readonly server: string;
      readonly mailbox: string;
      readonly serial: number;
      /** Seconds. `minimum` bounds how long an absence is remembered (RFC 2308 4). */
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    }
  /** A type that is not read here. */
  | { readonly type: "OTHER"; readonly code: number; readonly bytes: Uint8Array };

export type DnsRecord = Head & RecordData;

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const u32 = (bytes: Uint8Array, at: number): number => readAddress(bytes, at) >>> 0;

/** RDATA [at, at + length) of a message [start, …); `undefined` when it is broken. Compressed names may lead out of it, backwards. */
export function readRecordData(
  bytes: Uint8Array,
  start: number,
  at: number,
  length: number,
  code: number,
): RecordData | undefined {
  const end = at + length;
  const cursor: NameCursor = { at };
  switch (code) {
    case RECORD_TYPES.A:
      return length === 4 ? { type: "A", address: readAddress(bytes, at) } : undefined;
    case RECORD_TYPES.AAAA:
      return length === 16 ? { type: "AAAA", address: bytes.slice(at, end) } : undefined;
    case RECORD_TYPES.NS:
    case RECORD_TYPES.CNAME:
    case RECORD_TYPES.PTR: {
      const target = readName(bytes, start, end, cursor);
      if (target === undefined || cursor.at !== end) return undefined;
      return { type: code === RECORD_TYPES.NS ? "NS" : code === RECORD_TYPES.CNAME ? "CNAME" : "PTR", target };
    }
    case RECORD_TYPES.TXT: {
      const texts: Uint8Array[] = [];
      for (let position = at; position < end; ) {
        const next = position + 1 + bytes[position]!;
        if (next > end) return undefined;
        texts.push(bytes.slice(position + 1, next));
        position = next;
      }
      // "One or more <character-string>s" (RFC 1035 3.3.14).
      return texts.length === 0 ? undefined : { type: "TXT", texts };
    }
    case RECORD_TYPES.SRV: {
      if (length < 7) return undefined;
      cursor.at = at + 6;
      const target = readName(bytes, start, end, cursor);
      if (target === undefined || cursor.at !== end) return undefined;
      const priority = u16(bytes, at);
      return { type: "SRV", priority, weight: u16(bytes, at + 2), port: u16(bytes, at + 4), target };
    }
    case RECORD_TYPES.SOA: {
      const server = readName(bytes, start, end, cursor);
      if (server === undefined) return undefined;
      const mailbox = readName(bytes, start, end, cursor);
      const numbers = cursor.at;
      if (mailbox === undefined || end - numbers !== 20) return undefined;
      return {
        type: "SOA",
        server,
        mailbox,
        serial: u32(bytes, numbers),
        refresh: u32(bytes, numbers + 4),
        retry: u32(bytes, numbers + 8),
        expire: u32(bytes, numbers + 12),
        minimum: u32(bytes, numbers + 16),
      };
    }
    default:
      return { type: "OTHER", code, bytes: bytes.slice(at, end) };
  }
}

export function recordCode(data: RecordData): number {
  return data.type === "OTHER" ? data.code : RECORD_TYPES[data.type];
}

/** Writes RDATA at `at` and returns the offset behind it; -1 when it does not fit or holds what is no name. */
export function emitRecordData(
  into: Uint8Array,
  at: number,
  start: number,
  data: RecordData,
  offsets: NameOffsets,
): number {
  const put = (from: Uint8Array, position: number): number => {
    if (position + from.length > into.length) return -1;
    into.set(from, position);
    return position + from.length;
  };
  switch (data.type) {
    case "A":
      if (at + 4 > into.length) return -1;
      writeAddress(into, at, data.address);
      return at + 4;
    case "AAAA":
      return put(data.address, at);
    case "NS":
    case "CNAME":
    case "PTR":
      return emitName(into, at, start, data.target, offsets);
    case "TXT": {
      let position = at;
      for (const text of data.texts) {
        if (position >= into.length || text.length > 255) return -1;
        into[position] = text.length;
        position = put(text, position + 1);
        if (position < 0) return -1;
      }
      return position;
    }
    case "SRV":
      if (at + 6 > into.length) return -1;
      writeAddress(into, at, (data.priority << 16) | data.weight);
      into[at + 4] = data.port >> 8;
      into[at + 5] = data.port;
      // Its target is not to be compressed (RFC 2782).
      return emitName(into, at + 6, start, data.target);
    case "SOA": {
      let position = emitName(into, at, start, data.server, offsets);
      if (position >= 0) position = emitName(into, position, start, data.mailbox, offsets);
      if (position < 0 || position + 20 > into.length) return -1;
      for (const value of [data.serial, data.refresh, data.retry, data.expire, data.minimum]) {
        writeAddress(into, position, value | 0);
        position += 4;
      }
      return position;
    }
    default:
      return put(data.bytes, at);
  }
}

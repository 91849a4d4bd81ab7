import { readName } from "./dns-name.ts";
import { ADDRESS_LENGTH } from "./ipv6-address.ts";

/** DHCPv6, RFC 8415, as far as Information-request needs it. */
export const CLIENT_PORT = 546;
export const SERVER_PORT = 547;

export const REPLY = 7;
export const INFORMATION_REQUEST = 11;

const OPTION_CLIENT_ID = 1;
const OPTION_SERVER_ID = 2;
const OPTION_REQUEST = 6;
const OPTION_ELAPSED_TIME = 8;
const OPTION_STATUS = 13;
/** RFC 3646. */
const OPTION_DNS_SERVERS = 23;
const OPTION_DOMAIN_LIST = 24;
/** RFC 8415 21.23. */
const OPTION_REFRESH_TIME = 32;
const OPTION_MAX_REFRESH_TIME = 83;

const HEADER_LENGTH = 4;
/** DUID-LL (RFC 8415 11.4) of an Ethernet address. */
const DUID_LENGTH = 10;
/** Of a request of ours. */
export const REQUEST_LENGTH: number = HEADER_LENGTH + 4 + DUID_LENGTH + 6 + 4 + 8;
/** Servers and domains that are remembered. */
export const MAX_SERVERS = 4;
export const MAX_DOMAINS = 8;

/** What a server said. Times are milliseconds. */
export interface Dhcpv6Reply {
  readonly transaction: number;
  /** 16 bytes each. */
  readonly servers: readonly Uint8Array[];
  readonly domains: readonly string[];
  /** -1: not told. */
  readonly refreshTime: number;
}

/** An Information-request (RFC 8415 16.12); `elapsed` in milliseconds since the first one. */
export function emitInformationRequest(
  into: Uint8Array,
  at: number,
  transaction: number,
  mac: Uint8Array,
  elapsed: number,
): number {
  let end = at;
  const put16 = (...values: readonly number[]): void => {
    for (const value of values) {
      into[end++] = value >> 8;
      into[end++] = value;
    }
  };
  put16((INFORMATION_REQUEST << 8) | (transaction >>> 16), transaction);
  put16(OPTION_CLIENT_ID, DUID_LENGTH, 3, 1);
  for (let index = 0; index < 6; index++) into[end++] = mac[index]!;
  // "This field is … in hundredths of a second; … 0xffff … any elapsed time values … greater" (RFC 8415 21.9).
  put16(OPTION_ELAPSED_TIME, 2, Math.min(0xffff, Math.floor(elapsed / 10)));
  // "MUST include … Information Refresh Time … and INF_MAX_RT" (RFC 8415 18.2.6).
  put16(OPTION_REQUEST, 8, OPTION_DNS_SERVERS, OPTION_DOMAIN_LIST, OPTION_REFRESH_TIME, OPTION_MAX_REFRESH_TIME);
  return end - at;
}

/** A reply for the client with this MAC; `undefined` for anything else: another message, malformed, without a server's identifier, a failure. */
export function parseDhcpv6Reply(
  bytes: Uint8Array,
  at: number,
  length: number,
  mac: Uint8Array,
): Dhcpv6Reply | undefined {
  if (length < HEADER_LENGTH || bytes[at] !== REPLY) return undefined;
  const end = at + length;
  const read16 = (place: number): number => (bytes[place]! << 8) | bytes[place + 1]!;
  const servers: Uint8Array[] = [];
  const domains: string[] = [];
  let refreshTime = -1;
  let identified = false;
  for (let option = at + HEADER_LENGTH; option < end; ) {
    if (option + 4 > end) return undefined;
    const type = read16(option);
    const size = read16(option + 2);
    const data = option + 4;
    if (data + size > end) return undefined;
    if (type === OPTION_SERVER_ID) {
      identified = true;
    } else if (type === OPTION_CLIENT_ID) {
      // "Reply … contains a Client Identifier option … that does not match" (RFC 8415 16.10) is discarded.
      if (size !== DUID_LENGTH || read16(data) !== 3 || read16(data + 2) !== 1) return undefined;
      for (let index = 0; index < 6; index++) if (bytes[data + 4 + index] !== mac[index]) return undefined;
    } else if (type === OPTION_STATUS) {
      if (size < 2 || read16(data) !== 0) return undefined;
    } else if (type === OPTION_REFRESH_TIME && size === 4) {
      refreshTime = (read16(data) * 0x10000 + read16(data + 2)) * 1000;
    } else if (type === OPTION_DNS_SERVERS) {
      for (let each = data; each + ADDRESS_LENGTH <= data + size && servers.length < MAX_SERVERS; each += 16) {
        servers.push(bytes.slice(each, each + ADDRESS_LENGTH));
      }
    } else if (type === OPTION_DOMAIN_LIST) {
      domains.push(...readNames(bytes, data, size, MAX_DOMAINS));
    }
    option = data + size;
  }
  if (!identified) return undefined;
  return { transaction: (bytes[at + 1]! << 16) | read16(at + 2), servers, domains, refreshTime };
}

/** Names one behind the other, as domain lists carry them (RFC 3646 4, RFC 8106 5.2): up to the first that is broken, or the padding. */
export function readNames(bytes: Uint8Array, at: number, length: number, most: number): string[] {
  const names: string[] = [];
  const cursor = { at };
  while (cursor.at < at + length && names.length < most) {
    const name = readName(bytes, cursor.at, at + length, cursor);
    if (name === undefined || name === "") break;
    names.push(name);
  }
  return names;
}

import { readAddress, writeAddress } from "./ipv4-address.ts";

/** IPv4, RFC 791 3.1. */
export const VERSION_IHL = 0;
export const DSCP_ECN = 1;
export const TOTAL_LENGTH = 2;
export const IDENTIFICATION = 4;
export const FLAGS_FRAGMENT = 6;
export const TTL = 8;
export const PROTOCOL = 9;
export const HEADER_CHECKSUM = 10;
export const SOURCE = 12;
export const DESTINATION = 16;
export const MIN_HEADER_LENGTH = 20;

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

export const DONT_FRAGMENT = 0x4000;
export const MORE_FRAGMENTS = 0x2000;
export const FRAGMENT_OFFSET = 0x1fff;

/** RFC 1700 default. */
export const DEFAULT_TTL = 64;

export interface Ipv4Fields {
  headerLength: number;
  totalLength: number;
  identification: number;
  /** Flags and fragment offset as on the wire. */
  fragment: number;
  ttl: number;
  protocol: number;
  source: number;
  destination: number;
}

export function createIpv4Fields(): Ipv4Fields {
  return {
    headerLength: MIN_HEADER_LENGTH,
    totalLength: 0,
    identification: 0,
    fragment: 0,
    ttl: DEFAULT_TTL,
    protocol: 0,
    source: 0,
    destination: 0,
  };
}

/**
 * The header that an ICMP error quotes: as {@link parseIpv4}, but the packet is cut off behind it, so that only the header
 * needs to be there.
 */
export function parseQuotedIpv4(bytes: Uint8Array, at: number, length: number, fields: Ipv4Fields): boolean {
  if (length < MIN_HEADER_LENGTH || length < (bytes[at + VERSION_IHL]! & 15) << 2) return false;
  return parseIpv4(bytes, at, 0xffff, fields);
}

/**
 * Whether version and lengths are right; only then are the fields written. The checksum is the caller's, since it is
 * native: over `headerLength` bytes it must come to 0xffff.
 */
export function parseIpv4(bytes: Uint8Array, at: number, length: number, fields: Ipv4Fields): boolean {
  if (length < MIN_HEADER_LENGTH) return false;
  const versionIhl = bytes[at + VERSION_IHL]!;
  const headerLength = (versionIhl & 15) << 2;
  const totalLength = (bytes[at + TOTAL_LENGTH]! << 8) | bytes[at + TOTAL_LENGTH + 1]!;
  if (versionIhl >> 4 !== 4 || headerLength < MIN_HEADER_LENGTH) return false;
  if (totalLength < headerLength || totalLength > length) return false;
  fields.headerLength = headerLength;
  fields.totalLength = totalLength;
  fields.identification = (bytes[at + IDENTIFICATION]! << 8) | bytes[at + IDENTIFICATION + 1]!;
  fields.fragment = (bytes[at + FLAGS_FRAGMENT]! << 8) | bytes[at + FLAGS_FRAGMENT + 1]!;
  fields.ttl = bytes[at + TTL]!;
  fields.protocol = bytes[at + PROTOCOL]!;
  fields.source = readAddress(bytes, at + SOURCE);
  fields.destination = readAddress(bytes, at + DESTINATION);
  return true;
}

/** Writes a header without options, whose length must be 20, with its checksum. */
export function emitIpv4(into: Uint8Array, at: number, fields: Ipv4Fields): void {
  into[at + VERSION_IHL] = 0x45;
  into[at + DSCP_ECN] = 0;
  into[at + TOTAL_LENGTH] = fields.totalLength >> 8;
  into[at + TOTAL_LENGTH + 1] = fields.totalLength;
  into[at + IDENTIFICATION] = fields.identification >> 8;
  into[at + IDENTIFICATION + 1] = fields.identification;
  into[at + FLAGS_FRAGMENT] = fields.fragment >> 8;
  into[at + FLAGS_FRAGMENT + 1] = fields.fragment;
  into[at + TTL] = fields.ttl;
  into[at + PROTOCOL] = fields.protocol;
  into[at + HEADER_CHECKSUM] = 0;
  into[at + HEADER_CHECKSUM + 1] = 0;
  writeAddress(into, at + SOURCE, fields.source);
  writeAddress(into, at + DESTINATION, fields.destination);
  let sum = 0;
  for (let index = 0; index < MIN_HEADER_LENGTH; index += 2) sum += (into[at + index]! << 8) | into[at + index + 1]!;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~(sum + (sum >> 16));
  into[at + HEADER_CHECKSUM] = sum >> 8;
  into[at + HEADER_CHECKSUM + 1] = sum;
}

/** Partial sum of the pseudo-header of TCP and UDP (RFC 9293 3.1, RFC 768). */
export function pseudoHeaderSum(source: number, destination: number, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;
}

/** IPv6, RFC 8200 3. */
export const PAYLOAD_LENGTH = 4;
export const NEXT_HEADER = 6;
export const HOP_LIMIT = 7;
export const SOURCE = 8;
export const DESTINATION = 24;
export const HEADER_LENGTH = 40;

/** "IPv6 requires that every link … have an MTU of 1280 octets or greater" (RFC 8200 5). */
export const MIN_MTU = 1280;
/** RFC 1700 default, which RFC 4861 6.3.2 takes over. */
export const DEFAULT_HOP_LIMIT = 64;

export const HOP_BY_HOP = 0;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const ROUTING = 43;
export const FRAGMENT = 44;
export const PROTOCOL_ICMPV6 = 58;
export const NO_NEXT_HEADER = 59;
export const DESTINATION_OPTIONS = 60;

/** The header but its addresses, which lie in 32 bytes from {@link SOURCE} on. */
export interface Ipv6Fields {
  trafficClass: number;
  flowLabel: number;
  /** Of all that follows the header. */
  payloadLength: number;
  nextHeader: number;
  hopLimit: number;
}

export function createIpv6Fields(): Ipv6Fields {
  return { trafficClass: 0, flowLabel: 0, payloadLength: 0, nextHeader: NO_NEXT_HEADER, hopLimit: DEFAULT_HOP_LIMIT };
}

/** Whether version and length are right; only then are the fields written. There is no checksum. Jumbograms (RFC 2675) are refused. */
export function parseIpv6Header(bytes: Uint8Array, at: number, length: number, fields: Ipv6Fields): boolean {
  if (!parseQuotedIpv6(bytes, at, length, fields)) return false;
  return fields.payloadLength <= length - HEADER_LENGTH;
}

/** The header that an ICMPv6 error quotes: as {@link parseIpv6Header}, but the packet may be cut off behind it. */
export function parseQuotedIpv6(bytes: Uint8Array, at: number, length: number, fields: Ipv6Fields): boolean {
  if (length < HEADER_LENGTH || bytes[at]! >> 4 !== 6) return false;
  fields.trafficClass = ((bytes[at]! & 15) << 4) | (bytes[at + 1]! >> 4);
  fields.flowLabel = ((bytes[at + 1]! & 15) << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  fields.payloadLength = (bytes[at + PAYLOAD_LENGTH]! << 8) | bytes[at + PAYLOAD_LENGTH + 1]!;
  fields.nextHeader = bytes[at + NEXT_HEADER]!;
  fields.hopLimit = bytes[at + HOP_LIMIT]!;
  return true;
}

/** Writes the first eight bytes: the addresses are the caller's. */
export function emitIpv6Header(into: Uint8Array, at: number, fields: Ipv6Fields): void {
  into[at] = 0x60 | (fields.trafficClass >> 4);
  into[at + 1] = (fields.trafficClass << 4) | (fields.flowLabel >> 16);
  into[at + 2] = fields.flowLabel >> 8;
  into[at + 3] = fields.flowLabel;
  into[at + PAYLOAD_LENGTH] = fields.payloadLength >> 8;
  into[at + PAYLOAD_LENGTH + 1] = fields.payloadLength;
  into[at + NEXT_HEADER] = fields.nextHeader;
  into[at + HOP_LIMIT] = fields.hopLimit;
}

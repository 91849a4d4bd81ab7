/** ICMP, RFC 792. */
export const TYPE = 0;
export const CODE = 1;
export const CHECKSUM = 2;
export const REST = 4;
export const HEADER_LENGTH = 8;

export const ECHO_REPLY = 0;
export const DESTINATION_UNREACHABLE = 3;
export const ECHO_REQUEST = 8;
export const TIME_EXCEEDED = 11;
export const PARAMETER_PROBLEM = 12;

export const CODE_PROTOCOL_UNREACHABLE = 2;
export const CODE_PORT_UNREACHABLE = 3;
/** The low half of `rest` is then the next hop's MTU (RFC 1191 4). */
export const CODE_FRAGMENTATION_NEEDED = 4;

/** Codes that speak of a network, not of a host (RFC 1122 3.2.2.1): unreachable, unknown, prohibited, unreachable for this service. */
export function isNetUnreachable(code: number): boolean {
  return code === 0 || code === 6 || code === 9 || code === 11;
}

export interface Icmpv4Fields {
  type: number;
  code: number;
  /** Identifier and sequence number of an echo, or what the type says. */
  rest: number;
}

export function createIcmpv4Fields(): Icmpv4Fields {
  return { type: 0, code: 0, rest: 0 };
}

export function parseIcmpv4(bytes: Uint8Array, at: number, length: number, fields: Icmpv4Fields): boolean {
  if (length < HEADER_LENGTH) return false;
  fields.type = bytes[at + TYPE]!;
  fields.code = bytes[at + CODE]!;
  fields.rest =
    (bytes[at + REST]! << 24) | (bytes[at + REST + 1]! << 16) | (bytes[at + REST + 2]! << 8) | bytes[at + REST + 3]!;
  return true;
}

/** Writes the header with checksum 0: the caller sums header and payload together and calls {@link patchIcmpv4Checksum}. */
export function emitIcmpv4(into: Uint8Array, at: number, fields: Icmpv4Fields): void {
  into[at + TYPE] = fields.type;
  into[at + CODE] = fields.code;
  into[at + CHECKSUM] = 0;
  into[at + CHECKSUM + 1] = 0;
  into[at + REST] = fields.rest >> 24;
  into[at + REST + 1] = fields.rest >> 16;
  into[at + REST + 2] = fields.rest >> 8;
  into[at + REST + 3] = fields.rest;
}

export function patchIcmpv4Checksum(into: Uint8Array, at: number, sum: number): void {
  into[at + CHECKSUM] = ~sum >> 8;
  into[at + CHECKSUM + 1] = ~sum;
}

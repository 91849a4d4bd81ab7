/** UDP, RFC 768. */
export const SOURCE_PORT = 0;
export const DESTINATION_PORT = 2;
export const LENGTH = 4;
export const CHECKSUM = 6;
export const HEADER_LENGTH = 8;

export interface UdpFields {
  sourcePort: number;
  destinationPort: number;
  /** Header and payload. */
  length: number;
  /** 0: the sender computed none. */
  checksum: number;
}

export function createUdpFields(): UdpFields {
  return { sourcePort: 0, destinationPort: 0, length: 0, checksum: 0 };
}

export function parseUdp(bytes: Uint8Array, at: number, length: number, fields: UdpFields): boolean {
  if (length < HEADER_LENGTH) return false;
  const udpLength = (bytes[at + LENGTH]! << 8) | bytes[at + LENGTH + 1]!;
  if (udpLength < HEADER_LENGTH || udpLength > length) return false;
  fields.sourcePort = (bytes[at + SOURCE_PORT]! << 8) | bytes[at + SOURCE_PORT + 1]!;
  fields.destinationPort = (bytes[at + DESTINATION_PORT]! << 8) | bytes[at + DESTINATION_PORT + 1]!;
  fields.length = udpLength;
  fields.checksum = (bytes[at + CHECKSUM]! << 8) | bytes[at + CHECKSUM + 1]!;
  return true;
}

/** Writes the header with checksum 0: see {@link patchUdpChecksum}. */
export function emitUdp(into: Uint8Array, at: number, fields: UdpFields): void {
  into[at + SOURCE_PORT] = fields.sourcePort >> 8;
  into[at + SOURCE_PORT + 1] = fields.sourcePort;
  into[at + DESTINATION_PORT] = fields.destinationPort >> 8;
  into[at + DESTINATION_PORT + 1] = fields.destinationPort;
  into[at + LENGTH] = fields.length >> 8;
  into[at + LENGTH + 1] = fields.length;
  into[at + CHECKSUM] = 0;
  into[at + CHECKSUM + 1] = 0;
}

/** `sum`: of pseudo-header, header and payload. A checksum that comes to 0 is sent as 0xffff (RFC 768). */
export function patchUdpChecksum(into: Uint8Array, at: number, sum: number): void {
  const checksum = ~sum & 0xffff || 0xffff;
  into[at + CHECKSUM] = checksum >> 8;
  into[at + CHECKSUM + 1] = checksum;
}

import { emitTcpOptions, parseTcpOptions, type TcpOptions, tcpOptionsLength } from "./tcp-options.ts";

/** TCP, RFC 9293 3.1. */
export const SOURCE_PORT = 0;
export const DESTINATION_PORT = 2;
export const SEQUENCE = 4;
export const ACKNOWLEDGMENT = 8;
export const DATA_OFFSET = 12;
export const FLAGS = 13;
export const WINDOW = 14;
export const CHECKSUM = 16;
export const URGENT = 18;
export const MIN_HEADER_LENGTH = 20;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
/** Explicit congestion notification (RFC 3168 6.1): "a router marked your packet", and "I have slowed down". */
export const ECE = 0x40;
export const CWR = 0x80;
/** Not a bit of the header: asks that the packet say ECT(0), so that routers may mark it. */
export const ECT = 0x100;

/**
 * One segment. Sequence numbers are int32: compare them by the sign of `(a - b) | 0`.
 *
 * Options other than SACK and timestamps have a meaning with SYN only.
 */
export interface TcpSegment extends TcpOptions {
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: number;
  /** As on the wire, not scaled. */
  window: number;
  /** The payload: `dataLength` bytes of `bytes` from `dataAt` on. */
  bytes: Uint8Array;
  dataAt: number;
  dataLength: number;
  /** A router marked its packet: Congestion Experienced (RFC 3168 5). The caller's, as IP says it. */
  marked: boolean;
}

export function createTcpSegment(): TcpSegment {
  return {
    sourcePort: 0,
    destinationPort: 0,
    seq: 0,
    ack: 0,
    flags: 0,
    window: 0,
    bytes: new Uint8Array(0),
    dataAt: 0,
    dataLength: 0,
    marked: false,
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    tsVal: 0,
    tsEcr: 0,
    sackAt: 0,
    sackCount: 0,
  };
}

/** Whether the lengths are right; only then are the fields written. The checksum is the caller's. */
export function parseTcp(bytes: Uint8Array, at: number, length: number, segment: TcpSegment): boolean {
  if (length < MIN_HEADER_LENGTH) return false;
  const headerLength = (bytes[at + DATA_OFFSET]! >> 4) << 2;
  if (headerLength < MIN_HEADER_LENGTH || headerLength > length) return false;
  const flags = bytes[at + FLAGS]!;
  segment.sourcePort = (bytes[at]! << 8) | bytes[at + 1]!;
  segment.destinationPort = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  segment.seq = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
  segment.ack = (bytes[at + 8]! << 24) | (bytes[at + 9]! << 16) | (bytes[at + 10]! << 8) | bytes[at + 11]!;
  segment.flags = flags;
  segment.window = (bytes[at + WINDOW]! << 8) | bytes[at + WINDOW + 1]!;
  segment.bytes = bytes;
  segment.dataAt = at + headerLength;
  segment.dataLength = length - headerLength;
  if (headerLength === MIN_HEADER_LENGTH && (flags & SYN) === 0) {
    segment.sackCount = 0;
    segment.timestamps = false;
  } else {
    parseTcpOptions(bytes, at + MIN_HEADER_LENGTH, headerLength - MIN_HEADER_LENGTH, segment);
  }
  return true;
}

export function tcpHeaderLength(segment: TcpSegment): number {
  return MIN_HEADER_LENGTH + ((segment.flags & SYN) !== 0 ? tcpOptionsLength(segment) : 0);
}

/** Writes the header (options with SYN only) with checksum 0: see {@link patchTcpChecksum}. The payload is the caller's. */
export function emitTcp(into: Uint8Array, at: number, segment: TcpSegment): void {
  into[at] = segment.sourcePort >> 8;
  into[at + 1] = segment.sourcePort;
  into[at + 2] = segment.destinationPort >> 8;
  into[at + 3] = segment.destinationPort;
  into[at + 4] = segment.seq >> 24;
  into[at + 5] = segment.seq >> 16;
  into[at + 6] = segment.seq >> 8;
  into[at + 7] = segment.seq;
  into[at + 8] = segment.ack >> 24;
  into[at + 9] = segment.ack >> 16;
  into[at + 10] = segment.ack >> 8;
  into[at + 11] = segment.ack;
  into[at + DATA_OFFSET] = (tcpHeaderLength(segment) >> 2) << 4;
  into[at + FLAGS] = segment.flags;
  into[at + WINDOW] = segment.window >> 8;
  into[at + WINDOW + 1] = segment.window;
  into[at + CHECKSUM] = 0;
  into[at + CHECKSUM + 1] = 0;
  into[at + URGENT] = 0;
  into[at + URGENT + 1] = 0;
  if ((segment.flags & SYN) !== 0) emitTcpOptions(into, at + MIN_HEADER_LENGTH, segment);
}

/** `sum`: of pseudo-header, header and payload. */
export function patchTcpChecksum(into: Uint8Array, at: number, sum: number): void {
  into[at + CHECKSUM] = ~sum >> 8;
  into[at + CHECKSUM + 1] = ~sum;
}

import { byteHelpers } from "../bytes.ts";

/** What address translation needs of frames: Ethernet II, IPv4 (RFC 791), TCP (RFC 9293 3.1) and UDP (RFC 768). */
const ETHERNET_LENGTH = 14;
const ETHERTYPE_IPV4 = 0x0800;
const IPV4_LENGTH = 20;
const UDP_LENGTH = 8;
const TCP_LENGTH = 20;
const TTL = 64;
const SYN = 0x02;
const ACK = 0x10;

export const PROTOCOL = { tcp: 6, udp: 17 } as const;

/** A TCP segment or UDP datagram in a frame. */
export interface Segment {
  readonly protocol: number;
  /** Addresses as numbers. */
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Asks for a connection. */
  readonly isFirst: boolean;
  /** Where it begins in the frame, and its bytes. */
  readonly offset: number;
  readonly length: number;
}

/** Undefined: nothing that could be translated, such as a fragment or what a bad link has damaged. */
export function parseSegment(frame: Uint8Array): Segment | undefined {
  if (frame.length < ETHERNET_LENGTH + IPV4_LENGTH) return undefined;
  const view = viewOf(frame);
  if (view.getUint16(12) !== ETHERTYPE_IPV4 || frame[ETHERNET_LENGTH]! >> 4 !== 4) return undefined;
  const headerLength = (frame[ETHERNET_LENGTH]! & 15) * 4;
  const total = view.getUint16(ETHERNET_LENGTH + 2);
  if (headerLength < IPV4_LENGTH || total < headerLength || ETHERNET_LENGTH + total > frame.length) return undefined;
  const isFragment = (view.getUint16(ETHERNET_LENGTH + 6) & 0x3fff) !== 0;
  if (isFragment || byteHelpers.checksum(frame, ETHERNET_LENGTH, headerLength, 0) !== 0xffff) return undefined;
  const protocol = frame[ETHERNET_LENGTH + 9]!;
  const least = protocol === PROTOCOL.tcp ? TCP_LENGTH : protocol === PROTOCOL.udp ? UDP_LENGTH : Infinity;
  const offset = ETHERNET_LENGTH + headerLength;
  const length = total - headerLength;
  if (length < least) return undefined;
  const hasChecksum = protocol === PROTOCOL.tcp || view.getUint16(offset + 6) !== 0;
  if (hasChecksum && byteHelpers.checksum(frame, offset, length, pseudoHeader(view, protocol, length)) !== 0xffff) {
    return undefined;
  }
  return {
    protocol,
    source: view.getUint32(ETHERNET_LENGTH + 12),
    destination: view.getUint32(ETHERNET_LENGTH + 16),
    sourcePort: view.getUint16(offset),
    destinationPort: view.getUint16(offset + 2),
    isFirst: protocol === PROTOCOL.tcp && (frame[offset + 13]! & (SYN | ACK)) === SYN,
    offset,
    length,
  };
}

/** The bytes of a datagram. */
export const payloadOf = (frame: Uint8Array, { offset, length }: Segment): Uint8Array =>
  frame.slice(offset + UDP_LENGTH, offset + length);

/** Gives a TCP segment another source or destination, in place. */
export function redirect(
  frame: Uint8Array,
  segment: Segment,
  end: "source" | "destination",
  address: number,
  port: number,
): void {
  const view = viewOf(frame);
  const isSource = end === "source";
  view.setUint32(ETHERNET_LENGTH + (isSource ? 12 : 16), address);
  view.setUint16(segment.offset + (isSource ? 0 : 2), port);
  view.setUint16(ETHERNET_LENGTH + 10, 0);
  const headerLength = segment.offset - ETHERNET_LENGTH;
  view.setUint16(ETHERNET_LENGTH + 10, ~byteHelpers.checksum(frame, ETHERNET_LENGTH, headerLength, 0) & 0xffff);
  view.setUint16(segment.offset + 16, 0);
  const pseudo = pseudoHeader(view, segment.protocol, segment.length);
  view.setUint16(segment.offset + 16, ~byteHelpers.checksum(frame, segment.offset, segment.length, pseudo) & 0xffff);
}

/** A datagram that answers `asked`, the frame that `request` is in. */
export function emitAnswer(asked: Uint8Array, request: Segment, payload: Uint8Array): Uint8Array {
  const length = UDP_LENGTH + payload.length;
  const frame = new Uint8Array(ETHERNET_LENGTH + IPV4_LENGTH + length);
  const view = viewOf(frame);
  frame.set(asked.subarray(6, 12), 0);
  frame.set(asked.subarray(0, 6), 6);
  view.setUint16(12, ETHERTYPE_IPV4);
  frame[ETHERNET_LENGTH] = 0x45;
  view.setUint16(ETHERNET_LENGTH + 2, IPV4_LENGTH + length);
  frame[ETHERNET_LENGTH + 8] = TTL;
  frame[ETHERNET_LENGTH + 9] = PROTOCOL.udp;
  view.setUint32(ETHERNET_LENGTH + 12, request.destination);
  view.setUint32(ETHERNET_LENGTH + 16, request.source);
  view.setUint16(ETHERNET_LENGTH + 10, ~byteHelpers.checksum(frame, ETHERNET_LENGTH, IPV4_LENGTH, 0) & 0xffff);
  const offset = ETHERNET_LENGTH + IPV4_LENGTH;
  view.setUint16(offset, request.destinationPort);
  view.setUint16(offset + 2, request.sourcePort);
  view.setUint16(offset + 4, length);
  frame.set(payload, offset + UDP_LENGTH);
  const sum = ~byteHelpers.checksum(frame, offset, length, pseudoHeader(view, PROTOCOL.udp, length)) & 0xffff;
  view.setUint16(offset + 6, sum === 0 ? 0xffff : sum); // 0 would say that there is none
  return frame;
}

/** Its sum; the addresses are those in the frame. */
function pseudoHeader(view: DataView, protocol: number, length: number): number {
  let sum = protocol + length;
  for (let at = ETHERNET_LENGTH + 12; at < ETHERNET_LENGTH + 20; at += 2) sum += view.getUint16(at);
  return sum;
}

const viewOf = (frame: Uint8Array): DataView => new DataView(frame.buffer, frame.byteOffset, frame.byteLength);

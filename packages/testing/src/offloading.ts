import type { NetDevice, NetOffloads } from "@soloist/interface";
import { byteHelpers } from "./byte-helpers.ts";

const { checksum } = byteHelpers;
const IP = 14;
const FIN_AND_PSH = 0x09;
const CWR = 0x80;
/** Ethernet header and the longest IPv4 packet. */
const LARGE_FRAME = 65_549;

/** Where things are in a frame with TCP; undefined: it is something else. */
interface TcpFrame {
  readonly ipv6: boolean;
  readonly tcp: number;
  readonly data: number;
  readonly end: number;
}

function parse(frame: Uint8Array): TcpFrame | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (frame.length < 54) return undefined;
  const type = view.getUint16(12);
  const ipv6 = type === 0x86dd;
  if (ipv6 ? frame.length < 74 || frame[20] !== 6 : type !== 0x0800 || frame[IP] !== 0x45 || frame[23] !== 6)
    return undefined;
  if (!ipv6 && (view.getUint16(20) & 0x3fff) !== 0) return undefined;
  const tcp = ipv6 ? 54 : 34;
  const end = ipv6 ? 54 + view.getUint16(18) : IP + view.getUint16(16);
  const data = tcp + (frame[tcp + 12]! >> 4) * 4;
  return end <= frame.length && data <= end ? { ipv6, tcp, data, end } : undefined;
}

/** The sum over pseudo-header and what follows: 0xffff where the checksum is right. */
function sum(frame: Uint8Array, { ipv6, tcp, end }: TcpFrame): number {
  const addresses = ipv6 ? 32 : 8;
  return checksum(frame, tcp - addresses, addresses + end - tcp, 6 + end - tcp);
}

function writeLengths(frame: Uint8Array, { ipv6 }: TcpFrame, end: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (ipv6) {
    view.setUint16(18, end - 54);
    return;
  }
  view.setUint16(16, end - IP);
  view.setUint16(24, 0);
  view.setUint16(24, ~checksum(frame, IP, 20, 0));
}

/** The segments that a frame with TCP becomes, `most` bytes of data in each, their checksums right. */
export function cutSegments(frame: Uint8Array, most: number): Uint8Array[] {
  const whole = parse(frame);
  if (whole === undefined) throw new Error("only TCP can be cut into segments");
  const { ipv6, tcp, data, end } = whole;
  const segments: Uint8Array[] = [];
  for (let at = data; at < end; at += most) {
    const length = Math.min(most, end - at);
    const segment = new Uint8Array(data + length);
    segment.set(frame.subarray(0, data));
    segment.set(frame.subarray(at, at + length), data);
    const view = new DataView(segment.buffer);
    view.setUint32(tcp + 4, view.getUint32(tcp + 4) + at - data);
    if (at + length < end) segment[tcp + 13] = segment[tcp + 13]! & ~FIN_AND_PSH;
    if (at > data) segment[tcp + 13] = segment[tcp + 13]! & ~CWR;
    writeLengths(segment, whole, data + length);
    view.setUint16(tcp + 16, 0);
    view.setUint16(tcp + 16, ~sum(segment, { ipv6, tcp, data, end: data + length }));
    segments.push(segment);
  }
  return segments;
}

/** `next` behind `first` as one frame; undefined: they do not belong together. The checksum is not made anew. */
function joined(first: Uint8Array, next: Uint8Array): Uint8Array | undefined {
  const a = parse(first);
  const b = parse(next);
  if (a === undefined || b === undefined || a.data !== b.data || a.ipv6 !== b.ipv6) return undefined;
  if (b.end === b.data || a.end + b.end - b.data > LARGE_FRAME) return undefined;
  const view = new DataView(first.buffer, first.byteOffset, first.length);
  const other = new DataView(next.buffer, next.byteOffset, next.length);
  const follows = (view.getUint32(a.tcp + 4) + a.end - a.data) >>> 0 === other.getUint32(b.tcp + 4);
  // All but length, checksums, number and PSH are the same.
  const alike = first.subarray(0, a.data).every((byte, at) => {
    if (at < a.tcp) return byte === next[at] || (a.ipv6 ? at === 18 || at === 19 : at >= 16 && at < 26);
    const field = at - a.tcp;
    return (
      byte === next[at] || (field >= 4 && field < 8) || (field === 13 && byte === 0x10) || field === 16 || field === 17
    );
  });
  if (!follows || !alike) return undefined;
  const both = new Uint8Array(a.end + b.end - b.data);
  both.set(first.subarray(0, a.end));
  both.set(next.subarray(b.data, b.end), a.end);
  both[a.tcp + 13] = next[a.tcp + 13]!;
  writeLengths(both, a, both.length);
  return both;
}

/**
 * Wraps a device as one that can do everything for its user: it fills in checksums, cuts large frames into segments, makes
 * one of received ones that follow each other, and vouches for them: what their checksum field holds is then nonsense.
 */
export function offloading(device: NetDevice): NetDevice & { readonly large: { sent: number; received: number } } {
  const offloads: NetOffloads = { checksum: true, segments4: LARGE_FRAME, segments6: LARGE_FRAME };
  const rxBuffer = new Uint8Array(LARGE_FRAME + 2);
  const txBuffer = new Uint8Array(LARGE_FRAME + 3).fill(0xa5);
  const large = { sent: 0, received: 0 };
  let waiting: Uint8Array | undefined;
  let reserved = 0;
  const take = (): Uint8Array | undefined => {
    const frame = waiting;
    waiting = undefined;
    if (frame !== undefined) return frame;
    const length = device.read();
    return length === 0 ? undefined : device.rxBuffer.slice(device.rxOffset, device.rxOffset + length);
  };
  const isWhole = (frame: Uint8Array): boolean => {
    const tcp = parse(frame);
    return tcp !== undefined && sum(frame, tcp) === 0xffff && (tcp.ipv6 || checksum(frame, IP, 20, 0) === 0xffff);
  };
  const transmit = (frame: Uint8Array): void => {
    const at = device.reserve();
    if (at < 0) return;
    device.txBuffer.set(frame, at);
    device.send(frame.length);
  };
  const self = {
    name: device.name,
    mac: device.mac,
    mtu: device.mtu,
    counters: device.counters,
    large,
    offloads,
    rxBuffer,
    rxOffset: 2,
    rxChecked: false,
    read(): number {
      let frame = take();
      if (frame === undefined) return 0;
      self.rxChecked = isWhole(frame);
      if (self.rxChecked) {
        for (waiting = take(); waiting !== undefined && isWhole(waiting); waiting = take()) {
          const both = joined(frame, waiting);
          if (both === undefined) break;
          frame = both;
          waiting = undefined;
        }
        if (frame.length > device.mtu + IP) large.received++;
        const { tcp } = parse(frame)!;
        frame.fill(0x5a, tcp + 16, tcp + 18);
      }
      rxBuffer.set(frame, 2);
      return frame.length;
    },
    txBuffer,
    reserve(length = device.mtu + IP): number {
      if (length > LARGE_FRAME) throw new Error(`nobody may send ${length} bytes`);
      if (device.reserve() < 0) return -1;
      reserved = length;
      return 3;
    },
    send(length: number, offload = 0): void {
      if (length > reserved) throw new Error(`${length} bytes where ${reserved} were reserved`);
      const frame = txBuffer.slice(3, 3 + length);
      txBuffer.fill(0xa5, 3, 3 + length);
      const start = offload & 0xff;
      const at = start + ((offload >> 8) & 0xff);
      const most = (offload >> 16) & 0x3fff;
      if (most === 0 && length > device.mtu + IP)
        throw new Error("a frame longer than the MTU allows is not to be cut");
      if (start !== 0) {
        const rest = ~checksum(frame, start, length - start, 0);
        frame[at] = rest >> 8;
        frame[at + 1] = rest;
        const tcp = parse(frame);
        if (tcp === undefined || tcp.tcp !== start || sum(frame, tcp) !== 0xffff)
          throw new Error("that is not the sum of the pseudo-header");
        if (most !== 0 && tcp.ipv6 !== (((offload >> 30) & 1) === 1)) throw new Error("the wrong version of IP");
      }
      if (most === 0) {
        transmit(frame);
        return;
      }
      large.sent++;
      for (const segment of cutSegments(frame, most)) transmit(segment);
    },
  };
  return self;
}

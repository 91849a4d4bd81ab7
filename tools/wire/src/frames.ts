/** Frames as peers that a test plays send them, and what is read of those that come back. Addresses are text, MACs six bytes. */

export const SYN = 2;
export const ACK = 16;
export const FIN = 1;
export const RST = 4;
export const PSH = 8;

const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255);

export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function ipv4Bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split("."), Number);
}

function concat(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function setUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

/** An Ethernet frame's two ends. */
export interface Link {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

export function ethernet(link: Link, type: number, payload: Uint8Array): Uint8Array {
  return concat(link.to, link.from, [type >> 8, type & 255], payload);
}

/** An ARP request (1) or reply (2). Without a target's MAC it goes to everybody. */
export function arp(operation: number, from: Uint8Array, sender: string, target: string, to?: Uint8Array): Uint8Array {
  const body = concat(
    [0, 1, 8, 0, 6, 4, 0, operation],
    from,
    ipv4Bytes(sender),
    to ?? [0, 0, 0, 0, 0, 0],
    ipv4Bytes(target),
  );
  return ethernet({ from, to: to ?? BROADCAST }, 0x0806, body);
}

/** Addresses of IPv4; of IPv6 where a function is for both. */
export interface Ipv4Ends {
  readonly source: string;
  readonly destination: string;
}

/** An IPv4 packet with its own checksum right. `fragment`: the flags and offset field. */
export function ipv4(
  { source, destination }: Ipv4Ends,
  protocol: number,
  payload: Uint8Array,
  { identification = 1, fragment = 0, ttl = 64 } = {},
): Uint8Array {
  const header = concat([0x45, 0, 0, 0, 0, 0, 0, 0, ttl, protocol, 0, 0], ipv4Bytes(source), ipv4Bytes(destination));
  setUint16(header, 2, 20 + payload.length);
  setUint16(header, 4, identification);
  setUint16(header, 6, fragment);
  setUint16(header, 10, checksum(header));
  return concat(header, payload);
}

/** The 16 bytes of an address as people write it, without zones. */
export function ipv6Bytes(text: string): Uint8Array {
  const [head, tail] = text.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const gap = tail === undefined ? 0 : 8 - head!.length - tail.length;
  const words = [...head!, ...new Array<string>(gap).fill("0"), ...(tail ?? [])];
  return Uint8Array.from(words.map((word) => Number.parseInt(word, 16)).flatMap((word) => [word >> 8, word & 255]));
}

/** An IPv6 packet whose first header is `next`. */
export function ipv6({ source, destination }: Ipv4Ends, next: number, payload: Uint8Array, hopLimit = 64): Uint8Array {
  const header = [0x60, 0, 0, 0, payload.length >> 8, payload.length & 255, next, hopLimit];
  return concat(header, ipv6Bytes(source), ipv6Bytes(destination), payload);
}

/** An ICMPv6 message with its checksum right. */
export function icmpv6(ends: Ipv4Ends, type: number, code: number, body: Uint8Array | readonly number[]): Uint8Array {
  return withPseudo(ends, 58, concat([type, code, 0, 0], body), 2);
}

function withPseudo({ source, destination }: Ipv4Ends, protocol: number, bytes: Uint8Array, field: number): Uint8Array {
  const bytesOf = source.includes(":") ? ipv6Bytes : ipv4Bytes;
  const length = [protocol, bytes.length >> 8, bytes.length & 255];
  const pseudo = concat(bytesOf(source), bytesOf(destination), [0], length);
  setUint16(bytes, field, checksum(concat(pseudo, bytes)));
  return bytes;
}

export interface TcpFields {
  readonly from: number;
  readonly to: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack?: number;
  readonly window?: number;
  readonly options?: readonly number[];
  readonly data?: Uint8Array;
}

/** A TCP segment with its checksum right; options are padded. */
export function tcp(ends: Ipv4Ends, fields: TcpFields): Uint8Array {
  const options = [...(fields.options ?? [])];
  while (options.length % 4 !== 0) options.push(1);
  const bytes = concat(new Uint8Array(20), options, fields.data ?? []);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, fields.from);
  view.setUint16(2, fields.to);
  view.setUint32(4, fields.seq);
  view.setUint32(8, fields.ack ?? 0);
  bytes[12] = (5 + options.length / 4) << 4;
  bytes[13] = fields.flags;
  view.setUint16(14, fields.window ?? 65_535);
  return withPseudo(ends, 6, bytes, 16);
}

export function udp(ends: Ipv4Ends, from: number, to: number, data: Uint8Array): Uint8Array {
  const bytes = concat([from >> 8, from & 255, to >> 8, to & 255, 0, 0, 0, 0], data);
  setUint16(bytes, 4, bytes.length);
  return withPseudo(ends, 17, bytes, 6);
}

export function icmp(type: number, code: number, rest: number, data: Uint8Array): Uint8Array {
  const bytes = concat([type, code, 0, 0, rest >>> 24, (rest >> 16) & 255, (rest >> 8) & 255, rest & 255], data);
  setUint16(bytes, 2, checksum(bytes));
  return bytes;
}

/** A TCP segment that arrived in IPv4. */
export interface Segment {
  readonly ends: Ipv4Ends;
  readonly from: number;
  readonly to: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly data: Uint8Array;
  /** Of the IPv4 header and of the segment: both right. */
  readonly intact: boolean;
}

/** The TCP segment in a frame; `undefined`: there is none. */
export function readSegment(frame: Uint8Array): Segment | undefined {
  if (frame.length < 54 || frame[12] !== 8 || frame[13] !== 0 || frame[23] !== 6) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const at = 14 + (frame[14]! & 15) * 4;
  const end = 14 + view.getUint16(16);
  const ends = { source: frame.slice(26, 30).join("."), destination: frame.slice(30, 34).join(".") };
  const length = end - at;
  const whole = concat(frame.slice(26, 34), [0, 6, length >> 8, length & 255], frame.slice(at, end));
  return {
    ends,
    from: view.getUint16(at),
    to: view.getUint16(at + 2),
    seq: view.getUint32(at + 4),
    ack: view.getUint32(at + 8),
    flags: frame[at + 13]!,
    window: view.getUint16(at + 14),
    data: frame.slice(at + (frame[at + 12]! >> 4) * 4, end),
    intact: checksum(frame.slice(14, at)) === 0 && checksum(whole) === 0,
  };
}

/** Just enough of Ethernet, ARP, IPv4 and UDP for the switch's own services: no fragments, no IP options on the way out. */

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
const PROTOCOL_UDP = 17;
const ETHERNET_SIZE = 14;
const ARP_SIZE = 28;
const IPV4_SIZE = 20;
const UDP_SIZE = 8;
const ARP_REQUEST = 1;
const ARP_REPLY = 2;
const TTL = 64;

export const BROADCAST_MAC = 0xffff_ffff_ffff;
export const BROADCAST_ADDRESS = 0xffff_ffff;

/** A UDP datagram and how it travelled. Addresses are numbers: 48 bits of Ethernet, 32 of IPv4. */
export interface Datagram {
  readonly sourceMac: number;
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
}

export interface ArpRequest {
  readonly senderMac: number;
  readonly sender: number;
  readonly target: number;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

export function etherType(frame: Uint8Array): number {
  return frame.length < ETHERNET_SIZE ? -1 : (frame[12]! << 8) | frame[13]!;
}

export function parseArpRequest(frame: Uint8Array): ArpRequest | undefined {
  if (etherType(frame) !== ETHERTYPE_ARP || frame.length < ETHERNET_SIZE + ARP_SIZE) return undefined;
  const view = viewOf(frame);
  // Ethernet and IPv4, addresses of 6 and 4 bytes (RFC 826).
  if (view.getUint32(14) !== 0x0001_0800 || view.getUint16(18) !== 0x0604 || view.getUint16(20) !== ARP_REQUEST) {
    return undefined;
  }
  return { senderMac: readMac(view, 22), sender: view.getUint32(28), target: view.getUint32(38) };
}

/** Asks everybody who has an address. */
export function emitArpRequest({ senderMac, sender, target }: ArpRequest): Uint8Array {
  return emitArp(ARP_REQUEST, { mac: senderMac, address: sender }, { mac: 0, address: target }, BROADCAST_MAC);
}

export function emitArpReply({ senderMac, sender, target }: ArpRequest, mac: number): Uint8Array {
  return emitArp(ARP_REPLY, { mac, address: target }, { mac: senderMac, address: sender }, senderMac);
}

interface ArpEnd {
  readonly mac: number;
  readonly address: number;
}

function emitArp(operation: number, from: ArpEnd, to: ArpEnd, destination: number): Uint8Array {
  const frame = new Uint8Array(60);
  const view = viewOf(frame);
  writeMac(view, 0, destination);
  writeMac(view, 6, from.mac);
  view.setUint16(12, ETHERTYPE_ARP);
  view.setUint32(14, 0x0001_0800);
  view.setUint16(18, 0x0604);
  view.setUint16(20, operation);
  writeMac(view, 22, from.mac);
  view.setUint32(28, from.address);
  writeMac(view, 32, to.mac);
  view.setUint32(38, to.address);
  return frame;
}

/** The datagram of a frame; undefined for everything else, fragments and broken lengths among it. Checksums are not checked. */
export function parseDatagram(frame: Uint8Array): Datagram | undefined {
  if (etherType(frame) !== ETHERTYPE_IPV4 || frame.length < ETHERNET_SIZE + IPV4_SIZE + UDP_SIZE) return undefined;
  const view = viewOf(frame);
  const headerSize = (frame[14]! & 15) * 4;
  const isFragment = (view.getUint16(20) & 0x3fff) !== 0;
  if (frame[14]! >> 4 !== 4 || headerSize < IPV4_SIZE || frame[23] !== PROTOCOL_UDP || isFragment) return undefined;
  const udp = ETHERNET_SIZE + headerSize;
  const end = ETHERNET_SIZE + view.getUint16(16);
  if (end > frame.length || udp + UDP_SIZE > end) return undefined;
  const length = view.getUint16(udp + 4);
  if (length < UDP_SIZE || udp + length > end) return undefined;
  return {
    sourceMac: readMac(view, 6),
    source: view.getUint32(26),
    destination: view.getUint32(30),
    sourcePort: view.getUint16(udp),
    destinationPort: view.getUint16(udp + 2),
    data: frame.subarray(udp + UDP_SIZE, udp + length),
  };
}

/** `destinationMac` is where it goes, whatever the destination is. */
export function emitDatagram(datagram: Datagram & { readonly destinationMac: number }): Uint8Array {
  const { data } = datagram;
  const udpLength = UDP_SIZE + data.length;
  const frame = new Uint8Array(ETHERNET_SIZE + IPV4_SIZE + udpLength);
  const view = viewOf(frame);
  writeMac(view, 0, datagram.destinationMac);
  writeMac(view, 6, datagram.sourceMac);
  view.setUint16(12, ETHERTYPE_IPV4);
  view.setUint8(14, 0x45);
  view.setUint16(16, IPV4_SIZE + udpLength);
  view.setUint16(20, 0x4000); // may not be fragmented
  view.setUint8(22, TTL);
  view.setUint8(23, PROTOCOL_UDP);
  view.setUint32(26, datagram.source);
  view.setUint32(30, datagram.destination);
  view.setUint16(24, checksum(view, 14, IPV4_SIZE, 0));
  view.setUint16(34, datagram.sourcePort);
  view.setUint16(36, datagram.destinationPort);
  view.setUint16(38, udpLength);
  frame.set(data, ETHERNET_SIZE + IPV4_SIZE + UDP_SIZE);
  // The pseudo-header: the addresses are summed with the datagram, the protocol and the length come on top (RFC 768).
  view.setUint16(40, checksum(view, 26, 8 + udpLength, PROTOCOL_UDP + udpLength) || 0xffff);
  return frame;
}

function checksum(view: DataView, offset: number, length: number, initial: number): number {
  let sum = initial;
  for (let at = 0; at + 1 < length; at += 2) sum += view.getUint16(offset + at);
  if (length % 2 === 1) sum += view.getUint8(offset + length - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

export const readMac = (view: DataView, offset: number): number =>
  view.getUint16(offset) * 0x1_0000_0000 + view.getUint32(offset + 2);

export function writeMac(view: DataView, offset: number, mac: number): void {
  view.setUint16(offset, Math.floor(mac / 0x1_0000_0000));
  view.setUint32(offset + 2, mac % 0x1_0000_0000);
}

export const formatMac = (mac: number): string =>
  mac
    .toString(16)
    .padStart(12, "0")
    .replace(/(..)(?=.)/g, "$1:");

export const formatAddress = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");

/** An IPv4 address in dotted decimal as a number, or undefined. */
export function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  const bytes = match.slice(1).map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

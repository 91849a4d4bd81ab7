import type { SegmentHelpers } from "@soloist/interface";
import { assertRange } from "./assert-range.ts";

/** Indices of a segment's fields, and how many there are. */
const FIELD = {
  macTop: 0,
  macEnd: 1,
  address: 2,
  remote: 3,
  ports: 4,
  seq: 5,
  ack: 6,
  flags: 7,
  window: 8,
  dataAt: 9,
  dataLength: 10,
  trafficClass: 11,
  stamped: 12,
  stamp: 13,
} as const;
const FIELDS = 16;

const ETHERNET = 14;
const TCP_HEADER = 20;
const PROTOCOL_TCP = 6;
/** Twice no operation, then timestamps: kind 8, 10 bytes. */
const TIMESTAMPS = 0x0101080a;

/** RFC 1071, over the bytes of a range and what the others came to. */
function sum(view: DataView, at: number, length: number, initial: number): number {
  let total = initial;
  for (let index = at; index + 1 < at + length; index += 2) total += view.getUint16(index);
  if (length % 2 === 1) total += view.getUint8(at + length - 1) << 8;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where TCP starts in a frame, and how many bytes there are of it; undefined: not a segment that is looked at. */
function findTcp(view: DataView, offset: number, length: number, address: number): [number, number] | undefined {
  const ip = offset + ETHERNET;
  const type = view.getUint16(offset + 12);
  if (type === 0x0800) {
    const total = view.getUint16(ip + 2);
    const isFragment = (view.getUint16(ip + 6) & 0x3fff) !== 0;
    if (view.getUint8(ip) !== 0x45 || isFragment || view.getUint8(ip + 9) !== PROTOCOL_TCP) return undefined;
    if (view.getInt32(ip + 16) !== address || total < 20 + TCP_HEADER || total > length - ETHERNET) return undefined;
    if (sum(view, ip, 20, 0) !== 0xffff) return undefined;
    return [ip + 20, total - 20];
  }
  if (type !== 0x86dd || length < ETHERNET + 40 + TCP_HEADER) return undefined;
  const payload = view.getUint16(ip + 4);
  if (view.getUint8(ip) >> 4 !== 6 || view.getUint8(ip + 6) !== PROTOCOL_TCP) return undefined;
  if (payload < TCP_HEADER || payload > length - ETHERNET - 40) return undefined;
  return [ip + 40, payload];
}

/** What the native functions of these names mean. */
export const segmentHelpers: SegmentHelpers = {
  parseSegment(bytes, offset, length, trusted, fields) {
    if (fields.length < FIELDS) throw new TypeError("wrong kind of typed array, or too short");
    assertRange(bytes, offset, length);
    if (length < ETHERNET + 20 + TCP_HEADER) return 0;
    const view = viewOf(bytes);
    if (view.getInt32(offset) !== fields[FIELD.macTop] || view.getUint16(offset + 4) !== fields[FIELD.macEnd]) {
      return 0;
    }
    const found = findTcp(view, offset, length, fields[FIELD.address]!);
    if (found === undefined) return 0;
    const [at, size] = found;
    const isIpv4 = at === offset + 34;
    const addresses = isIpv4 ? 8 : 32;
    if (!trusted && sum(view, at - addresses, addresses + size, PROTOCOL_TCP + size) !== 0xffff) return 0;
    const header = (view.getUint8(at + 12) >> 4) * 4;
    if (header < TCP_HEADER || header > size) return 0;
    fields[FIELD.remote] = isIpv4 ? view.getInt32(offset + 26) : 0;
    fields[FIELD.ports] = view.getInt32(at);
    fields[FIELD.seq] = view.getInt32(at + 4);
    fields[FIELD.ack] = view.getInt32(at + 8);
    fields[FIELD.flags] = view.getUint16(at + 12);
    fields[FIELD.window] = view.getUint16(at + 14);
    fields[FIELD.dataAt] = at + header;
    fields[FIELD.dataLength] = size - header;
    fields[FIELD.trafficClass] = isIpv4 ? view.getUint8(offset + 15) : (view.getUint16(offset + 14) >> 4) & 0xff;
    const stamped = header === 32 && view.getInt32(at + 20) === TIMESTAMPS;
    fields[FIELD.stamped] = Number(stamped);
    if (stamped) fields[FIELD.stamp] = view.getInt32(at + 24);
    return isIpv4 ? 4 : 6;
  },

  emitSegment(into, offset, headers, headersOffset, ring, seq, ack, control, length, partial) {
    const version = headers[headersOffset + ETHERNET]! >> 4;
    const prepared = version === 4 ? 54 : version === 6 ? 74 : 0;
    const header = (control >>> 28) * 4;
    if (!(headersOffset >= 0) || prepared === 0 || headers.length - headersOffset < prepared || header < TCP_HEADER) {
      throw new RangeError("emitSegment: no prepared headers, or a header too short");
    }
    const capacity = length > 0 ? ring!.length : 0;
    if (!(length >= 0 && length <= capacity) || (capacity & (capacity - 1)) !== 0) {
      throw new RangeError("emitSegment: the ring does not hold the data");
    }
    const frame = prepared - TCP_HEADER + header + length;
    if (!(offset >= 0 && offset + frame <= into.length) || frame - ETHERNET > 0xffff) {
      throw new RangeError("emitSegment: range outside of the array");
    }
    const view = viewOf(into);
    into.set(headers.subarray(headersOffset, headersOffset + prepared), offset);
    const tcp = offset + prepared - TCP_HEADER;
    view.setInt32(tcp + 4, seq);
    view.setInt32(tcp + 8, ack);
    view.setInt32(tcp + 12, control);
    const start = seq & (capacity - 1);
    for (let index = 0; index < length; index++) {
      into[tcp + header + index] = ring![(start + index) & (capacity - 1)]!;
    }
    if (version === 4) {
      view.setUint16(offset + 16, 20 + header + length);
      view.setUint16(offset + 24, 0);
      view.setUint16(offset + 24, ~sum(view, offset + ETHERNET, 20, 0));
    } else {
      view.setUint16(offset + 18, header + length);
    }
    const addresses = version === 4 ? 8 : 32;
    view.setUint16(tcp + 16, 0);
    const summed = partial ? addresses : addresses + header + length;
    const total = sum(view, tcp - addresses, summed, PROTOCOL_TCP + header + length);
    view.setUint16(tcp + 16, partial ? total : ~total);
    return frame;
  },
};

import type { ByteHelpers } from "@soloist/interface";
import type { AddressTable } from "../ipv6/addresses.ts";
import { createEthernetFields, HEADER_LENGTH as ETHERNET_LENGTH, emitEthernet, TYPE_IPV6 } from "../wire/ethernet.ts";
import {
  createIpv6Fields,
  DEFAULT_HOP_LIMIT,
  DESTINATION,
  emitIpv6Header,
  HEADER_LENGTH as IPV6_LENGTH,
  PAYLOAD_LENGTH,
  PROTOCOL_TCP,
  SOURCE,
} from "../wire/ipv6.ts";
import { ECT, SYN } from "../wire/tcp.ts";
import { readRing } from "./buffers.ts";
import type { TcpConnection } from "./connection.ts";
import { PreparedHeaders } from "./headers.ts";
import { emitExtras, emitSynOptions } from "./segment-options.ts";

const IP = ETHERNET_LENGTH;
const TCP = IP + IPV6_LENGTH;
const HEADERS = TCP + 20;
const SLOT = 80;

/** As {@link PreparedHeaders}, of connections over IPv6. */
export class PreparedIpv6Headers extends PreparedHeaders {
  readonly #table: AddressTable;

  constructor(bytes: ByteHelpers, into: Uint8Array, table: AddressTable) {
    super(bytes, into, SLOT);
    this.#table = table;
  }

  override prepare(
    c: TcpConnection,
    sourceHigh: number,
    sourceLow: number,
    destinationHigh: number,
    destinationLow: number,
    hopLimit: number = DEFAULT_HOP_LIMIT,
  ): void {
    if (c.header < 0) c.header = this.allocate();
    const at = c.header;
    const { slab } = this;
    emitEthernet(
      slab,
      at,
      Object.assign(createEthernetFields(), {
        destinationHigh,
        destinationLow,
        sourceHigh,
        sourceLow,
        type: TYPE_IPV6,
      }),
    );
    emitIpv6Header(slab, at + IP, Object.assign(createIpv6Fields(), { nextHeader: PROTOCOL_TCP, hopLimit }));
    this.#table.write(c.localAddress, slab, at + IP + SOURCE);
    this.#table.write(c.remoteAddress, slab, at + IP + DESTINATION);
    slab.fill(0, at + TCP, at + HEADERS);
    slab[at + TCP] = c.localPort >> 8;
    slab[at + TCP + 1] = c.localPort;
    slab[at + TCP + 2] = c.remotePort >> 8;
    slab[at + TCP + 3] = c.remotePort;
    slab[at + TCP + 12] = 5 << 4;
  }

  override emit(c: TcpConnection, at: number, seq: number, flags: number, window: number, dataLength: number): number {
    const { bytes, into, view } = this;
    bytes.copy(into, at, this.slab, c.header, HEADERS);
    let optionsLength = 0;
    if ((flags & SYN) !== 0) {
      optionsLength = emitSynOptions(c, into, at + HEADERS);
    } else if (c.extras !== 0 || c.ranges !== undefined) {
      optionsLength = emitExtras(c, into, view, at + HEADERS, dataLength);
      if ((flags & ECT) !== 0) {
        // ECT(0) (RFC 3168 5): the low bits of the traffic class.
        into[at + IP + 1] = into[at + IP + 1]! | 0x20;
        flags &= ~ECT;
      }
    }
    const length = 20 + optionsLength + dataLength;
    view.setUint16(at + IP + PAYLOAD_LENGTH, length);
    view.setInt32(at + TCP + 4, seq);
    view.setInt32(at + TCP + 8, c.rcvNxt);
    view.setInt32(at + TCP + 12, ((20 + optionsLength) << 26) | (flags << 16) | window);
    if (dataLength > 0) {
      const ring = c.sendRing!;
      const from = seq & (ring.length - 1);
      if (from + dataLength <= ring.length) bytes.copy(into, at + HEADERS + optionsLength, ring, from, dataLength);
      else readRing(ring, seq, into, at + HEADERS + optionsLength, dataLength, bytes.copy);
    }
    // The addresses lie right before the TCP header: pseudo-header, header and data are one sum (RFC 8200 8.1).
    view.setUint16(at + TCP + 16, ~bytes.checksum(into, at + IP + SOURCE, 32 + length, PROTOCOL_TCP + length));
    return TCP + length;
  }
}

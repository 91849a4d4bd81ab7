import type { ByteHelpers, NetDevice } from "@soloist/interface";
import type { AddressTable } from "../ipv6/addresses.ts";
import { createEthernetFields, HEADER_LENGTH as ETHERNET_LENGTH, emitEthernet, TYPE_IPV6 } from "../wire/ethernet.ts";
import {
  createIpv6Fields,
  DEFAULT_HOP_LIMIT,
  DESTINATION,
  emitIpv6Header,
  HEADER_LENGTH as IPV6_LENGTH,
  PROTOCOL_TCP,
  SOURCE,
} from "../wire/ipv6.ts";
import type { TcpConnection } from "./connection.ts";
import { PreparedHeaders } from "./headers.ts";

const IP = ETHERNET_LENGTH;
const TCP = IP + IPV6_LENGTH;
const HEADERS = TCP + 20;
const SLOT = 80;

/** As {@link PreparedHeaders}, of connections over IPv6. */
export class PreparedIpv6Headers extends PreparedHeaders {
  readonly #table: AddressTable;

  constructor(device: NetDevice, bytes: ByteHelpers, table: AddressTable) {
    super(device, bytes, SLOT, HEADERS, 0x20);
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
}

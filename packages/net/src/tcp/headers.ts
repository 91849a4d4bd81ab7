import type { ByteHelpers } from "@soloist/interface";
import { createEthernetFields, HEADER_LENGTH as ETHERNET_LENGTH, emitEthernet, TYPE_IPV4 } from "../wire/ethernet.ts";
import {
  createIpv4Fields,
  DONT_FRAGMENT,
  emitIpv4,
  HEADER_CHECKSUM,
  MIN_HEADER_LENGTH as IPV4_LENGTH,
  PROTOCOL_TCP,
} from "../wire/ipv4.ts";
import { SYN } from "../wire/tcp.ts";
import {
  emitSackHeader,
  emitTcpOptions,
  MAX_SACK_BLOCKS,
  SACK_BLOCK_LENGTH,
  sackLength,
  tcpOptionsLength,
} from "../wire/tcp-options.ts";
import { readRing } from "./buffers.ts";
import type { TcpConnection } from "./connection.ts";
import { SYN_SENT } from "./state.ts";

const SLOT = 64;
const IP = ETHERNET_LENGTH;
const TCP = ETHERNET_LENGTH + IPV4_LENGTH;
export const HEADERS = TCP + 20;

/**
 * The headers of every connection, prepared: one copy of 54 bytes and six writes make a segment's headers, where writing all
 * of them in the interpreter costs about 2 us. They share one array: a typed array each would cost four times their bytes.
 */
export class PreparedHeaders {
  #slab = new Uint8Array(SLOT * 64);
  #used = 0;
  readonly #free: number[] = [];
  readonly #bytes: ByteHelpers;
  readonly #into: Uint8Array;
  readonly #view: DataView;
  readonly #ethernet = createEthernetFields();
  readonly #ipv4 = createIpv4Fields();

  /** @param into where segments are built */
  constructor(bytes: ByteHelpers, into: Uint8Array) {
    this.#bytes = bytes;
    this.#into = into;
    this.#view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  }

  /** (Re)writes the headers of `c` for the given link addresses. */
  prepare(
    c: TcpConnection,
    sourceHigh: number,
    sourceLow: number,
    destinationHigh: number,
    destinationLow: number,
  ): void {
    if (c.header < 0) c.header = this.#allocate();
    const at = c.header;
    const slab = this.#slab;
    const ethernet = this.#ethernet;
    ethernet.destinationHigh = destinationHigh;
    ethernet.destinationLow = destinationLow;
    ethernet.sourceHigh = sourceHigh;
    ethernet.sourceLow = sourceLow;
    ethernet.type = TYPE_IPV4;
    emitEthernet(slab, at, ethernet);
    const ipv4 = this.#ipv4;
    ipv4.totalLength = 0;
    ipv4.identification = 0;
    ipv4.fragment = DONT_FRAGMENT;
    ipv4.protocol = PROTOCOL_TCP;
    ipv4.source = c.localAddress;
    ipv4.destination = c.remoteAddress;
    emitIpv4(slab, at + IP, ipv4);
    const checksumAt = at + IP + HEADER_CHECKSUM;
    // The sum without the total length, which is added for each segment.
    c.headerSum = ~((slab[checksumAt]! << 8) | slab[checksumAt + 1]!) & 0xffff;
    slab.fill(0, at + TCP, at + HEADERS);
    slab[at + TCP] = c.localPort >> 8;
    slab[at + TCP + 1] = c.localPort;
    slab[at + TCP + 2] = c.remotePort >> 8;
    slab[at + TCP + 3] = c.remotePort;
    slab[at + TCP + 12] = 5 << 4;
  }

  release(c: TcpConnection): void {
    if (c.header < 0) return;
    this.#free.push(c.header);
    c.header = -1;
    c.linkEpoch = -1;
  }

  /** Builds one segment at `at` of the device's buffer and returns the frame's length. */
  emit(c: TcpConnection, at: number, seq: number, flags: number, window: number, dataLength: number): number {
    const bytes = this.#bytes;
    const into = this.#into;
    const view = this.#view;
    bytes.copy(into, at, this.#slab, c.header, HEADERS);
    let tcpLength = 20 + dataLength;
    let optionsLength = 0;
    if ((flags & SYN) !== 0) optionsLength = this.#emitOptions(c, into, at + HEADERS);
    else if (c.ranges !== undefined && c.sackOk) optionsLength = this.#emitSack(c, into, at + HEADERS, dataLength);
    tcpLength += optionsLength;
    const total = IPV4_LENGTH + tcpLength;
    view.setUint16(at + 16, total);
    const sum = c.headerSum + total;
    view.setUint16(at + 24, ~((sum & 0xffff) + (sum >> 16)));
    view.setInt32(at + 38, seq);
    view.setInt32(at + 42, c.rcvNxt);
    view.setInt32(at + 46, ((tcpLength - dataLength) << 26) | (flags << 16) | window);
    if (dataLength > 0) {
      const ring = c.sendRing!;
      const from = seq & (ring.length - 1);
      if (from + dataLength <= ring.length) bytes.copy(into, at + HEADERS + optionsLength, ring, from, dataLength);
      else readRing(ring, seq, into, at + HEADERS + optionsLength, dataLength, bytes.copy);
    }
    // The addresses lie right before the TCP header: pseudo-header, header and data are one sum.
    view.setUint16(at + 50, ~bytes.checksum(into, at + 26, 8 + tcpLength, PROTOCOL_TCP + tcpLength));
    return ETHERNET_LENGTH + total;
  }

  /** The window scale is offered, or accepted when it was (RFC 7323 2.2). */
  #emitOptions(c: TcpConnection, into: Uint8Array, at: number): number {
    const options = {
      mss: c.env.mss,
      windowScale: c.scaleOffered ? c.rcvShift : -1,
      sackPermitted: c.state === SYN_SENT || c.sackOk,
    };
    emitTcpOptions(into, at, options);
    return tcpOptionsLength(options);
  }

  /**
   * Which data out of order has arrived, the range that grew last first (RFC 2018 4). Of many ranges the others take turns,
   * so that the sender hears of each even when ACKs are lost. Left out where full segments leave no room.
   */
  #emitSack(c: TcpConnection, into: Uint8Array, at: number, dataLength: number): number {
    const ranges = c.ranges!;
    const count = ranges.count;
    if (count === 0) return 0;
    const blocks = count < MAX_SACK_BLOCKS ? count : MAX_SACK_BLOCKS;
    const length = sackLength(blocks);
    if (dataLength + length > c.mss) return 0;
    emitSackHeader(into, at, blocks);
    let first = 0;
    while (first + 1 < count && ((ranges.start(first + 1) - c.sackLast) | 0) <= 0) first++;
    const view = this.#view;
    let turn = count > blocks ? c.sackTurn : 0;
    for (let block = 0, to = at + 4; block < blocks; block++, to += SACK_BLOCK_LENGTH) {
      let index = first;
      if (block > 0) {
        turn = (turn + 1) % count;
        if (turn === first) turn = (turn + 1) % count;
        index = turn;
      } else {
        turn = count > blocks ? turn : first;
      }
      view.setInt32(to, ranges.start(index));
      view.setInt32(to + 4, ranges.end(index));
    }
    c.sackTurn = turn;
    return length;
  }

  #allocate(): number {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    const at = this.#used;
    this.#used += SLOT;
    if (this.#used > this.#slab.length) {
      const larger = new Uint8Array(this.#slab.length * 2);
      larger.set(this.#slab);
      this.#slab = larger;
    }
    return at;
  }
}

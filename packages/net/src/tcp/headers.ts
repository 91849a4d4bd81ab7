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
import { ECT, SYN } from "../wire/tcp.ts";
import {
  emitSackHeader,
  emitTcpOptions,
  MAX_SACK_BLOCKS,
  SACK_BLOCK_LENGTH,
  sackLength,
  TIMESTAMPS_HEADER,
  TIMESTAMPS_PADDED,
  tcpOptionsLength,
} from "../wire/tcp-options.ts";
import { readRing } from "./buffers.ts";
import type { TcpConnection } from "./connection.ts";
import { DUPLICATE, TIMESTAMPS } from "./extras.ts";
import { SYN_SENT } from "./state.ts";
import { timestampAt } from "./timestamps.ts";

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
    let sum = c.headerSum;
    if ((flags & SYN) !== 0) {
      optionsLength = this.#emitOptions(c, into, at + HEADERS);
    } else if (c.extras !== 0 || c.ranges !== undefined) {
      optionsLength = this.#emitExtras(c, into, at + HEADERS, dataLength);
      if ((flags & ECT) !== 0) {
        // ECT(0) (RFC 3168 5): the low bits of the second byte.
        into[at + IP + 1] = into[at + IP + 1]! | 2;
        sum += 2;
        flags &= ~ECT;
      }
    }
    tcpLength += optionsLength;
    const total = IPV4_LENGTH + tcpLength;
    view.setUint16(at + 16, total);
    sum += total;
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
      timestamps: c.ts !== undefined,
      tsVal: c.ts === undefined ? 0 : timestampAt(c.ts.offset, c.env.now),
      tsEcr: c.ts === undefined ? 0 : c.ts.recent,
    };
    emitTcpOptions(into, at, options);
    return tcpOptionsLength(options);
  }

  /** Timestamps first, where the peer's header prediction looks for them, then SACK. */
  #emitExtras(c: TcpConnection, into: Uint8Array, at: number, dataLength: number): number {
    let length = 0;
    if ((c.extras & TIMESTAMPS) !== 0) {
      const ts = c.ts!;
      const view = this.#view;
      view.setInt32(at, TIMESTAMPS_HEADER);
      view.setInt32(at + 4, timestampAt(ts.offset, c.env.now));
      view.setInt32(at + 8, ts.recent);
      length = TIMESTAMPS_PADDED;
    }
    if (c.sackOk && (c.ranges !== undefined || (c.extras & DUPLICATE) !== 0)) {
      // What is left of 40 bytes.
      const most = length === 0 ? MAX_SACK_BLOCKS : MAX_SACK_BLOCKS - 1;
      length += this.#emitSack(c, into, at + length, dataLength, most);
    }
    return length;
  }

  /**
   * Which data came twice (RFC 2883 4). Then which data out of order has arrived, the range that grew last first (RFC 2018 4). Of many ranges the others take turns,
   * so that the sender hears of each even when ACKs are lost. Left out where full segments leave no room.
   */
  #emitSack(c: TcpConnection, into: Uint8Array, at: number, dataLength: number, most: number): number {
    const ranges = c.ranges;
    const count = ranges === undefined ? 0 : ranges.count;
    const duplicates = (c.extras & DUPLICATE) !== 0 ? 1 : 0;
    const blocks = count + duplicates < most ? count + duplicates : most;
    if (blocks === 0) return 0;
    const length = sackLength(blocks);
    if (dataLength + length > c.mss) return 0;
    emitSackHeader(into, at, blocks);
    const view = this.#view;
    if (duplicates > 0) {
      view.setInt32(at + 4, c.duplicateStart);
      view.setInt32(at + 8, c.duplicateEnd);
    }
    if (ranges === undefined || blocks === duplicates) return length;
    let first = 0;
    while (first + 1 < count && ((ranges.start(first + 1) - c.sackLast) | 0) <= 0) first++;
    let turn = count > blocks ? c.sackTurn : 0;
    for (
      let block = duplicates, to = at + 4 + duplicates * SACK_BLOCK_LENGTH;
      block < blocks;
      block++, to += SACK_BLOCK_LENGTH
    ) {
      let index = first;
      if (block > duplicates) {
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

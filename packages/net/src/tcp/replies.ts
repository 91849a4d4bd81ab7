import type { ByteHelpers } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import type { Egress } from "../egress.ts";
import { FIRST_IPV6 } from "../ipv6/addresses.ts";
import { RateLimit } from "../rate-limit.ts";
import { PROTOCOL_TCP } from "../wire/ipv4.ts";
import {
  ACK,
  createTcpSegment,
  emitTcp,
  FIN,
  patchTcpChecksum,
  RST,
  SYN,
  type TcpSegment,
  tcpHeaderLength,
} from "../wire/tcp.ts";
import type { TcpConnection } from "./connection.ts";
import type { PacketEnds } from "./layer.ts";

/** Segments that belong to no connection, or to one that ends: resets, and SYN-ACKs with cookies. */
export class TcpReplies {
  readonly #ipv4: Egress;
  readonly #ipv6: Egress;
  readonly #bytes: ByteHelpers;
  readonly #counters: Counters;
  readonly #reply = createTcpSegment();
  readonly #resets = new RateLimit(500, 200);

  constructor(ipv4: Egress, ipv6: Egress, bytes: ByteHelpers, counters: Counters) {
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
    this.#bytes = bytes;
    this.#counters = counters;
  }

  /** The last that the peer of `c` hears. */
  abort(c: TcpConnection): void {
    const reply = this.#reply;
    reply.seq = c.sndNxt;
    reply.ack = c.rcvNxt;
    reply.flags = RST | ACK;
    if (this.#send(c.localAddress, c.localPort, c.remoteAddress, c.remotePort)) this.#counters.tcp.resetsSent++;
  }

  /** A reset in answer to `segment` (RFC 9293 3.10.7.1), unless that is one; rate limited. */
  reset(segment: TcpSegment, localAddress: number, remoteAddress: number, now: number): void {
    const { flags } = segment;
    if ((flags & RST) !== 0) return;
    if (!this.#resets.allow(now)) {
      this.#counters.dropped.rateLimit++;
      return;
    }
    const reply = this.#reply;
    if ((flags & ACK) !== 0) {
      reply.seq = segment.ack;
      reply.ack = 0;
      reply.flags = RST;
    } else {
      const length = segment.dataLength + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
      reply.seq = 0;
      reply.ack = (segment.seq + length) | 0;
      reply.flags = RST | ACK;
    }
    if (this.#send(localAddress, segment.destinationPort, remoteAddress, segment.sourcePort)) {
      this.#counters.tcp.resetsSent++;
    }
  }

  /** A SYN-ACK that remembers nothing: `cookie` is our initial sequence number. */
  cookie(
    syn: TcpSegment,
    ip: PacketEnds,
    cookie: number,
    window: number,
    mss: number,
    windowScale: number,
    timestamp: number | undefined,
  ): void {
    const reply = this.#reply;
    reply.seq = cookie;
    reply.ack = (syn.seq + 1) | 0;
    reply.flags = SYN | ACK;
    reply.window = window;
    reply.mss = mss;
    reply.windowScale = windowScale;
    reply.sackPermitted = syn.sackPermitted;
    reply.timestamps = timestamp !== undefined;
    if (timestamp !== undefined) {
      reply.tsVal = timestamp;
      reply.tsEcr = syn.tsVal;
    }
    this.#send(ip.destination, syn.destinationPort, ip.source, syn.sourcePort);
    reply.window = 0;
    this.#counters.tcp.cookiesSent++;
  }

  #send(localAddress: number, localPort: number, remoteAddress: number, remotePort: number): boolean {
    const reply = this.#reply;
    reply.sourcePort = localPort;
    reply.destinationPort = remotePort;
    const length = tcpHeaderLength(reply);
    const ipv6 = remoteAddress >= FIRST_IPV6;
    const egress = ipv6 ? this.#ipv6 : this.#ipv4;
    const at = egress.begin(localAddress, remoteAddress, PROTOCOL_TCP, length);
    if (at < 0) return false;
    const buffer = egress.device.txBuffer;
    emitTcp(buffer, at, reply);
    // Both addresses lie right before the TCP header.
    const addresses = ipv6 ? 32 : 8;
    const sum = this.#bytes.checksum(buffer, at - addresses, addresses + length, PROTOCOL_TCP + length);
    patchTcpChecksum(buffer, at, sum);
    egress.commit(length);
    this.#counters.tcp.sent++;
    return true;
  }
}

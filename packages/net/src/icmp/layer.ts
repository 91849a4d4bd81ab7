import type { ByteHelpers } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import type { Ipv4Egress } from "../ipv4/egress.ts";
import { RateLimit } from "../rate-limit.ts";
import {
  CODE_FRAGMENTATION_NEEDED,
  CODE_PORT_UNREACHABLE,
  CODE_PROTOCOL_UNREACHABLE,
  createIcmpv4Fields,
  DESTINATION_UNREACHABLE,
  ECHO_REPLY,
  ECHO_REQUEST,
  emitIcmpv4,
  HEADER_LENGTH,
  isNetUnreachable,
  PARAMETER_PROBLEM,
  parseIcmpv4,
  patchIcmpv4Checksum,
  TIME_EXCEEDED,
} from "../wire/icmpv4.ts";
import {
  createIpv4Fields,
  FRAGMENT_OFFSET,
  type Ipv4Fields,
  MIN_HEADER_LENGTH,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseQuotedIpv4,
} from "../wire/ipv4.ts";
import { isMulticast } from "../wire/ipv4-address.ts";

/** Of the packet that caused an error, this much comes back: its header and 8 bytes (RFC 792). */
const QUOTED = 8;
/** "…MUST be able to limit the rate" (RFC 1812 4.3.2.8); errors and echo replies a second, and at once: our figures. */
const ERRORS_PER_SECOND = 100;
const ERRORS_AT_ONCE = 50;
const ECHOES_PER_SECOND = 5000;
const ECHOES_AT_ONCE = 500;
/** Pings that wait for their answers. */
export const MAX_PINGS = 1024;

/** What an ICMP error means to whoever sent the packet, named as errors are. */
export type IcmpFailure = "ECONNREFUSED" | "EHOSTUNREACH" | "ENETUNREACH" | "EMSGSIZE";

/** Somebody who waits for an echo reply. */
export interface Pinger {
  readonly address: number;
  onReply(bytes: Uint8Array, at: number, length: number, ttl: number): void;
  onError(failure: IcmpFailure): void;
}

/** The transports, as errors see them. */
export interface IcmpErrorSinks {
  /** True: a socket sends from this port to there, so that the error may be meant. */
  udp(localPort: number, remoteAddress: number, remotePort: number, failure: IcmpFailure): boolean;
  /** True: the quoted sequence number is on its way (RFC 5927 4.1). `hard`: the kind that may end a connection attempt. */
  tcp(
    localAddress: number,
    localPort: number,
    remoteAddress: number,
    remotePort: number,
    sequence: number,
    failure: IcmpFailure,
    hard: boolean,
  ): boolean;
  /** The path to `remoteAddress` carries packets of `mtu` bytes and no larger; the quoted connection lost one. */
  pathMtu(localAddress: number, localPort: number, remoteAddress: number, remotePort: number, mtu: number): void;
}

/** ICMPv4: answers and sends echo requests, sends errors and believes those that quote what we really sent. */
export class IcmpLayer {
  sinks: IcmpErrorSinks | undefined;
  readonly #egress: Ipv4Egress;
  readonly #bytes: ByteHelpers;
  readonly #counters: Counters;
  readonly #fields = createIcmpv4Fields();
  readonly #quoted = createIpv4Fields();
  readonly #errors = new RateLimit(ERRORS_PER_SECOND, ERRORS_AT_ONCE);
  readonly #echoes = new RateLimit(ECHOES_PER_SECOND, ECHOES_AT_ONCE);
  /** By identifier and sequence number, as they are on the wire. */
  readonly #pingers = new Map<number, Pinger>();

  constructor(egress: Ipv4Egress, bytes: ByteHelpers, counters: Counters) {
    this.#egress = egress;
    this.#bytes = bytes;
    this.#counters = counters;
  }

  /** Sends an echo request. `rest`: identifier and sequence number. False: there are {@link MAX_PINGS} already, or this one. */
  ping(rest: number, pinger: Pinger, data: Uint8Array): boolean {
    if (this.#pingers.size >= MAX_PINGS || this.#pingers.has(rest)) return false;
    this.#pingers.set(rest, pinger);
    const message = new Uint8Array(HEADER_LENGTH + data.length);
    emitIcmpv4(message, 0, { type: ECHO_REQUEST, code: 0, rest });
    message.set(data, HEADER_LENGTH);
    patchIcmpv4Checksum(message, 0, this.#bytes.checksum(message, 0, message.length, 0));
    const source = this.#egress.sourceFor(pinger.address);
    this.#egress.sendFragments(source, pinger.address, PROTOCOL_ICMP, message, message.length);
    return true;
  }

  forget(rest: number): void {
    this.#pingers.delete(rest);
  }

  receive(bytes: Uint8Array, at: number, length: number, ip: Ipv4Fields, unicast: boolean): void {
    const fields = this.#fields;
    const dropped = this.#counters.dropped;
    if (!parseIcmpv4(bytes, at, length, fields)) {
      dropped.icmpMalformed++;
      return;
    }
    if (this.#bytes.checksum(bytes, at, length, 0) !== 0xffff) {
      dropped.icmpChecksum++;
      return;
    }
    // "An ICMP Echo Request destined to an IP broadcast or IP multicast address MAY be silently discarded" (RFC 1122 3.2.2.6).
    if (!unicast) dropped.icmpType++;
    else if (fields.type === ECHO_REQUEST && fields.code === 0) this.#reply(bytes, at, length, ip);
    else if (fields.type === ECHO_REPLY && fields.code === 0) this.#answer(bytes, at, length, ip);
    else if (
      fields.type === DESTINATION_UNREACHABLE ||
      fields.type === TIME_EXCEEDED ||
      fields.type === PARAMETER_PROBLEM
    ) {
      this.#counters.icmpErrors++;
      if (!this.#error(bytes, at + HEADER_LENGTH, length - HEADER_LENGTH)) dropped.icmpUnbelieved++;
    } else {
      // Redirects and Source Quench among them: to believe the first gives traffic away (RFC 6274 4.3.1), the second is dead (RFC 6633).
      dropped.icmpType++;
    }
  }

  #reply(bytes: Uint8Array, at: number, length: number, ip: Ipv4Fields): void {
    const egress = this.#egress;
    if (!this.#echoes.allow(egress.now)) {
      this.#counters.dropped.rateLimit++;
      return;
    }
    const whole = length <= egress.pathMtu(ip.source) - MIN_HEADER_LENGTH;
    const out = whole ? egress.begin(ip.destination, ip.source, PROTOCOL_ICMP, length) : 0;
    if (out < 0) return;
    const buffer = whole ? egress.device.txBuffer : new Uint8Array(length);
    const fields = this.#fields;
    fields.type = ECHO_REPLY;
    emitIcmpv4(buffer, out, fields);
    this.#bytes.copy(buffer, out + HEADER_LENGTH, bytes, at + HEADER_LENGTH, length - HEADER_LENGTH);
    patchIcmpv4Checksum(buffer, out, this.#bytes.checksum(buffer, out, length, 0));
    if (whole) egress.commit(length);
    else egress.sendFragments(ip.destination, ip.source, PROTOCOL_ICMP, buffer, length);
  }

  #answer(bytes: Uint8Array, at: number, length: number, ip: Ipv4Fields): void {
    const pinger = this.#pingers.get(this.#fields.rest);
    if (pinger === undefined || pinger.address !== ip.source) this.#counters.dropped.icmpUnbelieved++;
    else pinger.onReply(bytes, at + HEADER_LENGTH, length - HEADER_LENGTH, ip.ttl);
  }

  /** A packet of ours that nobody could be found to take to: what a router would answer with "host unreachable". */
  unresolved(packet: Uint8Array): void {
    const fields = this.#fields;
    fields.type = DESTINATION_UNREACHABLE;
    fields.code = 1;
    fields.rest = 0;
    this.#error(packet, 0, packet.length);
  }

  /** An error of the type in `#fields` that quotes a packet. False: it cannot be about anything that we sent. */
  #error(bytes: Uint8Array, at: number, length: number): boolean {
    const quoted = this.#quoted;
    const egress = this.#egress;
    if (!parseQuotedIpv4(bytes, at, length, quoted) || length < quoted.headerLength + QUOTED) return false;
    if (!egress.isLocal(quoted.source) || egress.isBroadcast(quoted.destination) || isMulticast(quoted.destination)) {
      return false;
    }
    // Ports are in the first fragment only.
    if ((quoted.fragment & FRAGMENT_OFFSET) !== 0) return false;
    const { type, code, rest } = this.#fields;
    const tooBig = type === DESTINATION_UNREACHABLE && code === CODE_FRAGMENTATION_NEEDED;
    const failure: IcmpFailure = tooBig
      ? "EMSGSIZE"
      : type === PARAMETER_PROBLEM
        ? "EHOSTUNREACH"
        : failureOf(type, code);
    const payload = at + quoted.headerLength;
    const view = new DataView(bytes.buffer, bytes.byteOffset + payload, QUOTED);
    const local = view.getUint16(0);
    const remote = view.getUint16(2);
    const { source, destination, protocol } = quoted;
    if (protocol === PROTOCOL_UDP) {
      if (!this.sinks?.udp(local, destination, remote, failure)) return false;
    } else if (protocol === PROTOCOL_TCP) {
      // Hard errors: RFC 1122 4.2.3.9. TIME EXCEEDED and the like come and go.
      const hard = type === DESTINATION_UNREACHABLE && !tooBig && isHard(code);
      if (!this.sinks?.tcp(source, local, destination, remote, view.getInt32(4), failure, hard)) return false;
    } else if (protocol === PROTOCOL_ICMP) {
      const pinger = this.#pingers.get(view.getInt32(4));
      if (pinger === undefined || pinger.address !== destination || bytes[payload] !== ECHO_REQUEST) return false;
      pinger.onError(failure);
    } else {
      return false;
    }
    if (tooBig) {
      const mtu = egress.paths.reduce(destination, rest & 0xffff, quoted.totalLength, egress.mtu, egress.now);
      if (mtu !== undefined && protocol === PROTOCOL_TCP) this.sinks?.pathMtu(source, local, destination, remote, mtu);
    }
    return true;
  }

  /** Tells the sender of a packet for us alone that nobody takes it. */
  unreachable(bytes: Uint8Array, ipAt: number, ip: Ipv4Fields, code: number): void {
    const quoted = Math.min(ip.totalLength, ip.headerLength + QUOTED);
    this.#sendError(DESTINATION_UNREACHABLE, code, ip.destination, ip.source, bytes, ipAt, quoted);
  }

  /** Tells the sender of a datagram that some of its fragments never came (RFC 1122 3.3.2); `length` bytes of the first did. */
  reassemblyTimedOut(bytes: Uint8Array, source: number, destination: number, length: number): void {
    this.#sendError(TIME_EXCEEDED, 1, destination, source, bytes, 0, MIN_HEADER_LENGTH + length);
  }

  #sendError(
    type: number,
    code: number,
    from: number,
    to: number,
    bytes: Uint8Array,
    quotedAt: number,
    quoted: number,
  ): void {
    if (!this.#errors.allow(this.#egress.now)) {
      this.#counters.dropped.rateLimit++;
      return;
    }
    const length = HEADER_LENGTH + quoted;
    const out = this.#egress.begin(from, to, PROTOCOL_ICMP, length);
    if (out < 0) return;
    const buffer = this.#egress.device.txBuffer;
    const fields = this.#fields;
    fields.type = type;
    fields.code = code;
    fields.rest = 0;
    emitIcmpv4(buffer, out, fields);
    this.#bytes.copy(buffer, out + HEADER_LENGTH, bytes, quotedAt, quoted);
    patchIcmpv4Checksum(buffer, out, this.#bytes.checksum(buffer, out, length, 0));
    this.#egress.commit(length);
  }
}

/** "Destination Unreachable codes 2-4 … hard error conditions" (RFC 1122 4.2.3.9); 4 is path MTU discovery's. */
function isHard(code: number): boolean {
  return code === CODE_PROTOCOL_UNREACHABLE || code === CODE_PORT_UNREACHABLE;
}

function failureOf(type: number, code: number): IcmpFailure {
  if (type !== DESTINATION_UNREACHABLE) return "EHOSTUNREACH";
  if (isHard(code)) return "ECONNREFUSED";
  return isNetUnreachable(code) ? "ENETUNREACH" : "EHOSTUNREACH";
}

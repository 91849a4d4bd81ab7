import type { ByteHelpers } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import { type AddressTable, isIpv6Multicast, UNSPECIFIED } from "../ipv6/addresses.ts";
import type { Ipv6Egress } from "../ipv6/egress.ts";
import type { Ipv6Packet } from "../ipv6/packet.ts";
import { RateLimit } from "../rate-limit.ts";
import {
  CODE_ADDRESS_UNREACHABLE,
  CODE_NO_ROUTE,
  CODE_POLICY,
  CODE_PORT_UNREACHABLE,
  CODE_PROHIBITED,
  CODE_REASSEMBLY,
  CODE_REJECT_ROUTE,
  createIcmpv6Fields,
  DESTINATION_UNREACHABLE,
  ECHO_REPLY,
  ECHO_REQUEST,
  emitIcmpv6,
  HEADER_LENGTH,
  isIcmpv6Error,
  LISTENER_QUERY,
  NEIGHBOR_ADVERTISEMENT,
  PACKET_TOO_BIG,
  PARAMETER_PROBLEM,
  parseIcmpv6,
  patchIcmpv6Checksum,
  ROUTER_SOLICITATION,
  TIME_EXCEEDED,
} from "../wire/icmpv6.ts";
import {
  createIpv6Fields,
  DESTINATION,
  HEADER_LENGTH as IPV6_LENGTH,
  MIN_MTU,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseQuotedIpv6,
  SOURCE,
} from "../wire/ipv6.ts";
import { CHAIN_FRAGMENT, CHAIN_TRANSPORT, createExtensionChain, walkExtensions } from "../wire/ipv6-extension.ts";
import { type IcmpErrorSinks, type IcmpFailure, MAX_PINGS, type Pinger } from "./layer.ts";
import { commitIcmpv6, icmpv6Sum } from "./messages.ts";

/** "An IPv6 node MUST limit the rate of ICMPv6 error messages" (RFC 4443 2.4 f); errors and echo replies a second, and at once: our figures. */
const ERRORS_PER_SECOND = 100;
const ERRORS_AT_ONCE = 50;
const ECHOES_PER_SECOND = 5000;
const ECHOES_AT_ONCE = 500;
/** Of the packet that caused an error as much comes back as the least MTU carries (RFC 4443 2.4 c). */
export const MAX_QUOTED: number = MIN_MTU - IPV6_LENGTH - HEADER_LENGTH;
/** Ports, or what identifies an echo, and a TCP sequence number. */
const NEEDED = 8;

/** Who hears messages that are not errors nor echoes: Neighbor Discovery, and queries for multicast groups. */
export type ControlSink = (type: number, bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet) => void;

/** ICMPv6 (RFC 4443): answers and sends echo requests, sends errors and believes those that quote what we really sent. */
export class Icmpv6Layer {
  sinks: IcmpErrorSinks | undefined;
  onControl: ControlSink = () => {};
  readonly #egress: Ipv6Egress;
  readonly #table: AddressTable;
  readonly #bytes: ByteHelpers;
  readonly #counters: Counters;
  readonly #fields = createIcmpv6Fields();
  readonly #quoted = createIpv6Fields();
  readonly #chain = createExtensionChain();
  readonly #errors = new RateLimit(ERRORS_PER_SECOND, ERRORS_AT_ONCE);
  readonly #echoes = new RateLimit(ECHOES_PER_SECOND, ECHOES_AT_ONCE);
  readonly #pingers = new Map<number, Pinger>();

  constructor(egress: Ipv6Egress, bytes: ByteHelpers, counters: Counters) {
    this.#egress = egress;
    this.#table = egress.table;
    this.#bytes = bytes;
    this.#counters = counters;
  }

  /** Sends an echo request. `rest`: identifier and sequence number. False: there are too many already, or this one. */
  ping(rest: number, pinger: Pinger, data: Uint8Array): boolean {
    if (this.#pingers.size >= MAX_PINGS || this.#pingers.has(rest)) return false;
    const { address } = pinger;
    this.#table.retain(address);
    this.#pingers.set(rest, pinger);
    const egress = this.#egress;
    const source = egress.sourceFor(address);
    const message = new Uint8Array(HEADER_LENGTH + data.length);
    emitIcmpv6(message, 0, { type: ECHO_REQUEST, code: 0, rest });
    message.set(data, HEADER_LENGTH);
    this.#sendLong(source, address, message);
    return true;
  }

  forget(rest: number): void {
    const pinger = this.#pingers.get(rest);
    if (pinger === undefined) return;
    this.#pingers.delete(rest);
    this.#table.release(pinger.address);
  }

  receive(bytes: Uint8Array, packet: Ipv6Packet): void {
    const fields = this.#fields;
    const { dropped } = this.#counters;
    const { payloadAt: at, payloadLength: length } = packet;
    if (!parseIcmpv6(bytes, at, length, fields)) {
      dropped.icmpMalformed++;
      return;
    }
    if (this.#sum(bytes, at, length, packet) !== 0xffff) {
      dropped.icmpChecksum++;
      return;
    }
    const { type } = fields;
    if (type === ECHO_REQUEST) this.#reply(bytes, at, length, packet);
    else if (type === ECHO_REPLY && packet.unicast) this.#answer(bytes, at, length, packet);
    else if (isIcmpv6Error(type)) {
      this.#counters.icmpErrors++;
      if (!packet.unicast || !this.#error(bytes, at + HEADER_LENGTH, length - HEADER_LENGTH)) dropped.icmpUnbelieved++;
    } else if (type === LISTENER_QUERY || (type >= ROUTER_SOLICITATION && type <= NEIGHBOR_ADVERTISEMENT)) {
      this.onControl(type, bytes, at, length, packet);
    } else {
      // Redirects among them: see `ipv6/ndp.ts`.
      dropped.icmpType++;
    }
  }

  /** The addresses lie right before the message, unless extension headers stand between. */
  #sum(bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet): number {
    if (at === packet.at + IPV6_LENGTH) return icmpv6Sum(this.#bytes, bytes, at, length);
    const pseudo = this.#bytes.checksum(bytes, packet.at + SOURCE, 32, PROTOCOL_ICMPV6 + length);
    return this.#bytes.checksum(bytes, at, length, pseudo);
  }

  /** "… SHOULD be sent in response to an Echo Request … to a multicast address", from a unicast one (RFC 4443 4.2). */
  #reply(bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet): void {
    const egress = this.#egress;
    if (packet.source === UNSPECIFIED) return;
    if (!this.#echoes.allow(egress.now)) {
      this.#counters.dropped.rateLimit++;
      return;
    }
    const source = isIpv6Multicast(packet.destination) ? egress.sourceFor(packet.source) : packet.destination;
    if (source === 0) return;
    const fields = this.#fields;
    fields.type = ECHO_REPLY;
    fields.code = 0;
    if (length <= egress.pathMtu(packet.source) - IPV6_LENGTH) {
      const out = egress.begin(source, packet.source, PROTOCOL_ICMPV6, length);
      if (out < 0) return;
      const buffer = egress.device.txBuffer;
      emitIcmpv6(buffer, out, fields);
      this.#bytes.copy(buffer, out + HEADER_LENGTH, bytes, at + HEADER_LENGTH, length - HEADER_LENGTH);
      commitIcmpv6(egress, this.#bytes, out, length);
      return;
    }
    const message = bytes.slice(at, at + length);
    emitIcmpv6(message, 0, fields);
    this.#sendLong(source, packet.source, message);
  }

  /** A message that may need fragments, its checksum 0. */
  #sendLong(source: number, destination: number, message: Uint8Array): void {
    const table = this.#table;
    const { length } = message;
    const pseudo = table.pseudoSum(this.#bytes, source, destination, PROTOCOL_ICMPV6 + length);
    patchIcmpv6Checksum(message, 0, this.#bytes.checksum(message, 0, length, pseudo));
    this.#egress.sendFragments(source, destination, PROTOCOL_ICMPV6, message, length);
  }

  #answer(bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet): void {
    const pinger = this.#pingers.get(this.#fields.rest);
    // Who pings a group hears of whoever is first.
    if (pinger === undefined || (pinger.address !== packet.source && !isIpv6Multicast(pinger.address))) {
      this.#counters.dropped.icmpUnbelieved++;
    } else {
      pinger.onReply(bytes, at + HEADER_LENGTH, length - HEADER_LENGTH, packet.hopLimit);
    }
  }

  /** A packet of ours that nobody could be found to take to: what a router would answer with "address unreachable". */
  unresolved(packet: Uint8Array): void {
    const fields = this.#fields;
    fields.type = DESTINATION_UNREACHABLE;
    fields.code = CODE_ADDRESS_UNREACHABLE;
    fields.rest = 0;
    this.#error(packet, 0, packet.length);
  }

  /** An error of the type in `#fields` that quotes a packet. False: it cannot be about anything that we sent. */
  #error(bytes: Uint8Array, at: number, length: number): boolean {
    const quoted = this.#quoted;
    const egress = this.#egress;
    const table = this.#table;
    if (!parseQuotedIpv6(bytes, at, length, quoted)) return false;
    const source = table.intern(bytes, at + SOURCE);
    const destination = table.intern(bytes, at + DESTINATION);
    if (destination === 0 || !egress.isLocal(source) || isIpv6Multicast(destination)) return false;
    const chain = this.#chain;
    const end = at + length;
    let outcome = walkExtensions(bytes, at + IPV6_LENGTH, end, quoted.nextHeader, at + 6, true, chain);
    if (outcome === CHAIN_FRAGMENT) {
      // Ports are in the first fragment only.
      if (chain.offset !== 0) return false;
      outcome = walkExtensions(bytes, chain.at + 8, end, bytes[chain.at]!, chain.at, false, chain);
    }
    if (outcome !== CHAIN_TRANSPORT || chain.at + NEEDED > end) return false;
    const { type, code, rest } = this.#fields;
    const tooBig = type === PACKET_TOO_BIG;
    const failure = tooBig ? "EMSGSIZE" : failureOf(type, code);
    const view = new DataView(bytes.buffer, bytes.byteOffset + chain.at, NEEDED);
    const local = view.getUint16(0);
    const remote = view.getUint16(2);
    const { protocol } = chain;
    if (protocol === PROTOCOL_UDP) {
      if (!this.sinks?.udp(local, destination, remote, failure)) return false;
    } else if (protocol === PROTOCOL_TCP) {
      // As of IPv4: what a port, or a node that does not speak TCP, says for good.
      const hard = failure === "ECONNREFUSED";
      if (!this.sinks?.tcp(source, local, destination, remote, view.getInt32(4), failure, hard)) return false;
    } else if (protocol === PROTOCOL_ICMPV6) {
      const pinger = this.#pingers.get(view.getInt32(4));
      if (pinger === undefined || pinger.address !== destination || bytes[chain.at] !== ECHO_REQUEST) return false;
      if (!tooBig) pinger.onError(failure);
    } else {
      return false;
    }
    if (tooBig) {
      // Never below the least MTU (RFC 8201 4), whoever says so.
      const told = Math.max(rest >>> 0, MIN_MTU);
      const size = quoted.payloadLength + IPV6_LENGTH;
      const mtu = egress.paths.reduce(table.identity(destination), told, size, egress.mtu, egress.now);
      if (mtu !== undefined && protocol === PROTOCOL_TCP) this.sinks?.pathMtu(source, local, destination, remote, mtu);
    }
    return true;
  }

  portUnreachable(bytes: Uint8Array, packet: Ipv6Packet): void {
    this.#sendError(DESTINATION_UNREACHABLE, CODE_PORT_UNREACHABLE, 0, bytes, packet, false);
  }

  /** `pointer`: of the byte that is wrong, from the IPv6 header on. `groups`: an error even when a group was addressed. */
  parameterProblem(code: number, pointer: number, bytes: Uint8Array, packet: Ipv6Packet, groups: boolean): void {
    this.#sendError(PARAMETER_PROBLEM, code, pointer, bytes, packet, groups);
  }

  /** Fragments of a datagram never came; `packet` says what of it did. */
  reassemblyTimedOut(bytes: Uint8Array, packet: Ipv6Packet): void {
    this.#sendError(TIME_EXCEEDED, CODE_REASSEMBLY, 0, bytes, packet, false);
  }

  /** RFC 4443 2.4 e: never about an error, to a group, or to nobody. */
  #sendError(type: number, code: number, rest: number, bytes: Uint8Array, packet: Ipv6Packet, groups: boolean): void {
    const egress = this.#egress;
    const to = packet.source;
    if ((!packet.unicast && !groups) || to === UNSPECIFIED || isIpv6Multicast(to)) return;
    if (packet.protocol === PROTOCOL_ICMPV6 && packet.payloadLength > 0 && isIcmpv6Error(bytes[packet.payloadAt]!))
      return;
    if (!this.#errors.allow(egress.now)) {
      this.#counters.dropped.rateLimit++;
      return;
    }
    const from = packet.unicast ? packet.destination : egress.sourceFor(to);
    if (from === 0) return;
    const quoted = Math.min(packet.totalLength, MAX_QUOTED);
    const length = HEADER_LENGTH + quoted;
    const out = egress.begin(from, to, PROTOCOL_ICMPV6, length);
    if (out < 0) return;
    const buffer = egress.device.txBuffer;
    emitIcmpv6(buffer, out, { type, code, rest });
    this.#bytes.copy(buffer, out + HEADER_LENGTH, bytes, packet.at, quoted);
    commitIcmpv6(egress, this.#bytes, out, length);
  }
}

/** RFC 4443 3.1; a router that knows no way speaks of a network, all others of a host. */
function failureOf(type: number, code: number): IcmpFailure {
  // "Unrecognized Next Header": nobody there speaks that protocol.
  if (type === PARAMETER_PROBLEM && code === 1) return "ECONNREFUSED";
  if (type !== DESTINATION_UNREACHABLE) return "EHOSTUNREACH";
  if (code === CODE_PORT_UNREACHABLE) return "ECONNREFUSED";
  return code === CODE_NO_ROUTE || code === CODE_PROHIBITED || code === CODE_POLICY || code === CODE_REJECT_ROUTE
    ? "ENETUNREACH"
    : "EHOSTUNREACH";
}

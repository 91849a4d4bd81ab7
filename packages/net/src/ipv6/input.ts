import type { ByteHelpers } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import { type Icmpv6Layer, MAX_QUOTED } from "../icmp/layer6.ts";
import { type FragmentFormat, Reassembly } from "../ipv4/reassembly.ts";
import type { TcpLayer } from "../tcp/layer.ts";
import { createIpv4Fields, type Ipv4Fields, MORE_FRAGMENTS } from "../wire/ipv4.ts";
import {
  createIpv6Fields,
  DESTINATION,
  emitIpv6Header,
  FRAGMENT,
  HEADER_LENGTH,
  NEXT_HEADER,
  PAYLOAD_LENGTH,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv6Header,
  SOURCE,
} from "../wire/ipv6.ts";
import {
  CHAIN_DROP,
  CHAIN_FRAGMENT,
  CHAIN_PROBLEM,
  CHAIN_TRANSPORT,
  createExtensionChain,
  FRAGMENT_LENGTH,
  PROBLEM_CHAIN,
  PROBLEM_HEADER_FIELD,
  PROBLEM_NEXT_HEADER,
  walkExtensions,
} from "../wire/ipv6-extension.ts";
import { type AddressTable, ALL_NODES, isIpv6Multicast, isMapped, LOOPBACK, UNSPECIFIED } from "./addresses.ts";
import type { Ipv6Egress } from "./egress.ts";
import { createIpv6Packet, type Ipv6Packet } from "./packet.ts";

/** A piece as the reassembly knows it, and what only IPv6 has. */
interface Fragment extends Ipv4Fields {
  nextHeader: number;
}

/** Least that a transport needs: a first fragment that has not even that hides its ports (RFC 7112 5). */
const MIN_TRANSPORT = 8;

/** Transports, and who knows what of the destination is ours. */
export interface Ipv6InputParts {
  readonly egress: Ipv6Egress;
  readonly table: AddressTable;
  readonly bytes: ByteHelpers;
  readonly counters: Counters;
  readonly icmp: Icmpv6Layer;
  readonly isMember: (group: number) => boolean;
  readonly tcp: (bytes: Uint8Array, packet: Ipv6Packet) => void;
  readonly udp: (bytes: Uint8Array, packet: Ipv6Packet) => void;
  readonly onDue: (at: number) => void;
}

/** IPv6 packets that arrive (RFC 8200): header, extension headers, fragments, transport. */
export class Ipv6Input {
  readonly reassembly: Reassembly<Fragment>;
  readonly #parts: Ipv6InputParts;
  readonly #fields = createIpv6Fields();
  readonly #chain = createExtensionChain();
  readonly #packet = createIpv6Packet();
  readonly #fragment: Fragment = { ...createIpv4Fields(), nextHeader: 0 };
  /** The addresses of the last packet: the next one is likely between the same two. */
  readonly #last = new Uint8Array(32);
  #lastSource = 0;
  #lastDestination = 0;
  /** They were such as may speak to each other, and the second is ours. */
  #lastTaken = false;

  constructor(parts: Ipv6InputParts) {
    this.#parts = parts;
    const { table } = parts;
    const format: FragmentFormat<Fragment> = {
      headerLength: HEADER_LENGTH,
      // "If the length and offset … would exceed 65,535 octets … discarded" (RFC 8200 4.5).
      maxPayload: 65_535,
      quoted: MAX_QUOTED - HEADER_LENGTH,
      emit(into, ip, length) {
        const header = { trafficClass: 0, flowLabel: 0, payloadLength: length, nextHeader: ip.nextHeader };
        emitIpv6Header(into, 0, { ...header, hopLimit: ip.ttl });
        table.write(ip.source, into, SOURCE);
        table.write(ip.destination, into, DESTINATION);
      },
      // What follows the header is known from the first piece alone (RFC 8200 4.5).
      complete(into, _ip, length) {
        into[PAYLOAD_LENGTH] = length >> 8;
        into[PAYLOAD_LENGTH + 1] = length;
      },
      retain: (address) => table.retain(address),
      release: (address) => table.release(address),
    };
    this.reassembly = new Reassembly(parts.bytes, format);
  }

  /** Our addresses have changed. */
  forget(): void {
    this.#lastTaken = false;
  }

  /**
   * A frame at `at` in which `parseSegment` found TCP over IPv6: whether it is between the same two as the last packet, and what its
   * connection expects next. False: nothing was done.
   */
  receiveFast(tcp: TcpLayer, fields: Int32Array, bytes: Uint8Array, at: number): boolean {
    if (!this.#lastTaken || !this.#parts.bytes.equal(bytes, at + 22, this.#last, 0, 32)) return false;
    return tcp.receiveFast(fields, bytes, this.#lastSource, this.#lastDestination);
  }

  /** A packet of at most `length` bytes at `at`. `group`: its frame was for more than us. `looped`: it never was on the wire. */
  receive(bytes: Uint8Array, at: number, length: number, group: boolean, looped: boolean): void {
    const { egress, counters, table } = this.#parts;
    const { dropped } = counters;
    const fields = this.#fields;
    if (!parseIpv6Header(bytes, at, length, fields)) {
      dropped.ipv6Malformed++;
      return;
    }
    table.epoch++;
    const packet = this.#packet;
    if (!this.#addresses(bytes, at, packet)) {
      dropped.ipv6Source++;
      return;
    }
    const { source, destination } = packet;
    packet.unicast = !group && !isIpv6Multicast(destination);
    const taken = packet.unicast ? egress.isLocal(destination) : this.#hears(destination);
    if (!taken || (!looped && destination === LOOPBACK)) {
      dropped.ipv6Destination++;
      return;
    }
    // "The unspecified address must not be used as the destination", nor groups, loopback and mapped ones as sources (RFC 4291 2.5-2.7).
    if (isIpv6Multicast(source) || (!looped && (egress.isLocal(source) || isMapped(bytes, at + SOURCE)))) {
      dropped.ipv6Source++;
      return;
    }
    // Of packets on the wire: what we send to ourselves may look otherwise.
    this.#lastTaken = packet.unicast && !looped;
    packet.hopLimit = fields.hopLimit;
    this.#walk(bytes, at, HEADER_LENGTH + fields.payloadLength, fields.nextHeader, true);
  }

  #addresses(bytes: Uint8Array, at: number, packet: Ipv6Packet): boolean {
    const { table, bytes: helpers } = this.#parts;
    if (this.#lastSource === 0 || !helpers.equal(bytes, at + SOURCE, this.#last, 0, 32)) {
      const source = table.intern(bytes, at + SOURCE);
      const destination = table.intern(bytes, at + DESTINATION);
      if (source === 0 || destination === 0) return false;
      table.retain(source);
      table.retain(destination);
      table.release(this.#lastSource);
      table.release(this.#lastDestination);
      this.#lastSource = source;
      this.#lastDestination = destination;
      this.#lastTaken = false;
      helpers.copy(this.#last, 0, bytes, at + SOURCE, 32);
    }
    packet.source = this.#lastSource;
    packet.destination = this.#lastDestination;
    return true;
  }

  /** Groups that we are in; and everybody's. */
  #hears(destination: number): boolean {
    return destination === ALL_NODES || (isIpv6Multicast(destination) && this.#parts.isMember(destination));
  }

  /** The packet of `total` bytes at `at`. */
  #walk(bytes: Uint8Array, at: number, total: number, nextHeader: number, fragments: boolean): void {
    const { counters } = this.#parts;
    const packet = this.#packet;
    const chain = this.#chain;
    const end = at + total;
    packet.at = at;
    packet.totalLength = total;
    const outcome = walkExtensions(bytes, at + HEADER_LENGTH, end, nextHeader, at + NEXT_HEADER, fragments, chain);
    packet.protocol = chain.protocol;
    packet.payloadAt = chain.at;
    packet.payloadLength = end - chain.at;
    if (outcome === CHAIN_TRANSPORT) {
      this.#transport(bytes, packet);
    } else if (outcome === CHAIN_DROP) {
      counters.dropped.ipv6Malformed++;
    } else if (outcome === CHAIN_PROBLEM) {
      counters.dropped.ipv6Malformed++;
      this.#problem(bytes, chain.code, chain.pointer, !chain.quietToGroups);
    } else if (!fragments) {
      // Fragments within fragments: nobody sends them in earnest.
      counters.dropped.ipv6Fragment++;
    } else {
      this.#piece(bytes, at, end);
    }
  }

  #problem(bytes: Uint8Array, code: number, pointer: number, groups: boolean): void {
    this.#parts.icmp.parameterProblem(code, pointer - this.#packet.at, bytes, this.#packet, groups);
  }

  /** A fragment: header in `#chain`. */
  #piece(bytes: Uint8Array, at: number, end: number): void {
    const { counters, egress } = this.#parts;
    const packet = this.#packet;
    const chain = this.#chain;
    const { dropped } = counters;
    const start = chain.at + FRAGMENT_LENGTH;
    const nextHeader = bytes[chain.at]!;
    const { offset, more } = chain;
    if (offset === 0 && !more) {
      // An atomic fragment: whole already, and never mixed with others of the same identification (RFC 6946 4).
      this.#afterFragment(bytes, at, start, end, nextHeader, chain.at);
      return;
    }
    const { identification } = chain;
    const length = end - start;
    if (more && (length & 7) !== 0) {
      dropped.ipv6Fragment++;
      this.#problem(bytes, PROBLEM_HEADER_FIELD, at + PAYLOAD_LENGTH, false);
      return;
    }
    if (offset + length > 65_535) {
      dropped.ipv6Fragment++;
      this.#problem(bytes, PROBLEM_HEADER_FIELD, chain.at + 2, false);
      return;
    }
    // All headers must be in the first fragment (RFC 7112 5).
    if (offset === 0) {
      const outcome = walkExtensions(bytes, start, end, nextHeader, chain.at, false, chain);
      const hidden = outcome === CHAIN_TRANSPORT && chain.at + MIN_TRANSPORT > end;
      if (hidden || (outcome === CHAIN_PROBLEM && chain.code === PROBLEM_CHAIN)) {
        dropped.ipv6Fragment++;
        this.#problem(bytes, PROBLEM_CHAIN, at, false);
        return;
      }
    }
    const fragment = this.#fragment;
    fragment.headerLength = start - at;
    fragment.totalLength = end - at;
    fragment.identification = identification;
    fragment.fragment = (offset >> 3) | (more ? MORE_FRAGMENTS : 0);
    fragment.ttl = packet.hopLimit;
    // All pieces of a datagram are between the same addresses and of one identification, whatever they say comes next.
    fragment.protocol = FRAGMENT;
    fragment.source = packet.source;
    fragment.destination = packet.destination;
    fragment.nextHeader = nextHeader;
    const { reassembly } = this;
    const outcome = reassembly.process(bytes, at, fragment, egress.now);
    this.#parts.onDue(reassembly.pollAt());
    if (outcome === "complete") {
      counters.reassembled++;
      const { bytes: whole, length: payload } = reassembly.complete;
      this.#walk(whole, 0, HEADER_LENGTH + payload, whole[NEXT_HEADER]!, false);
    } else if (outcome !== "kept" && outcome !== "duplicate") {
      dropped.ipv6Fragment++;
    }
  }

  /** Goes on behind a fragment header that means nothing. */
  #afterFragment(bytes: Uint8Array, at: number, start: number, end: number, nextHeader: number, namedAt: number): void {
    const packet = this.#packet;
    const chain = this.#chain;
    const outcome = walkExtensions(bytes, start, end, nextHeader, namedAt, false, chain);
    packet.at = at;
    packet.totalLength = end - at;
    packet.protocol = chain.protocol;
    packet.payloadAt = chain.at;
    packet.payloadLength = end - chain.at;
    if (outcome === CHAIN_TRANSPORT) {
      this.#transport(bytes, packet);
      return;
    }
    if (outcome === CHAIN_FRAGMENT) this.#parts.counters.dropped.ipv6Fragment++;
    else this.#parts.counters.dropped.ipv6Malformed++;
    if (outcome === CHAIN_PROBLEM) this.#problem(bytes, chain.code, chain.pointer, !chain.quietToGroups);
  }

  #transport(bytes: Uint8Array, packet: Ipv6Packet): void {
    const { protocol, source } = packet;
    const { counters, icmp } = this.#parts;
    if (protocol === PROTOCOL_ICMPV6) {
      icmp.receive(bytes, packet);
    } else if (source === UNSPECIFIED) {
      // Who has no address yet has nothing to say but that.
      counters.dropped.ipv6Source++;
    } else if (protocol === PROTOCOL_TCP) {
      if (packet.unicast) this.#parts.tcp(bytes, packet);
      else counters.dropped.ipv6Protocol++;
    } else if (protocol === PROTOCOL_UDP) {
      this.#parts.udp(bytes, packet);
    } else {
      counters.dropped.ipv6Protocol++;
      this.#problem(bytes, PROBLEM_NEXT_HEADER, this.#chain.namedAt, false);
    }
  }

  /** Gives up datagrams whose fragments did not come in time, and tells their senders (RFC 8200 4.5). */
  expire(now: number): void {
    const { counters, table, egress, icmp } = this.#parts;
    const { reassembly } = this;
    for (let lost = reassembly.expire(now); lost !== undefined; lost = reassembly.expire(now)) {
      counters.dropped.ipv6Reassembly++;
      const { bytes, length } = lost;
      if (length === 0) continue;
      table.epoch++;
      const packet = createIpv6Packet();
      packet.source = table.intern(bytes, SOURCE);
      packet.destination = table.intern(bytes, DESTINATION);
      packet.totalLength = HEADER_LENGTH + length;
      packet.protocol = bytes[NEXT_HEADER]!;
      packet.payloadAt = HEADER_LENGTH;
      packet.payloadLength = length;
      packet.unicast = egress.isLocal(packet.destination);
      if (packet.source !== 0) icmp.reassemblyTimedOut(bytes, packet);
    }
  }
}

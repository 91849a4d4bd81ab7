import type { ByteHelpers, Rng } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import { AddressError, MessageSizeError, UnreachableError } from "../errors.ts";
import type { IcmpFailure, IcmpLayer } from "../icmp/layer.ts";
import { type Ipv4Egress, MULTICAST_TTL } from "../ipv4/egress.ts";
import { ANY_IPV4, FIRST_IPV6, isIpv6Multicast } from "../ipv6/addresses.ts";
import type { Ipv6Host } from "../ipv6/host.ts";
import type { Ipv6Packet } from "../ipv6/packet.ts";
import type { PacketEnds } from "../tcp/layer.ts";
import { CODE_PORT_UNREACHABLE } from "../wire/icmpv4.ts";
import { DEFAULT_TTL, type Ipv4Fields, PROTOCOL_UDP, pseudoHeaderSum } from "../wire/ipv4.ts";
import { isMulticast } from "../wire/ipv4-address.ts";
import { SOURCE as IPV6_SOURCE } from "../wire/ipv6.ts";
import { createUdpFields, emitUdp, HEADER_LENGTH, parseUdp, patchUdpChecksum } from "../wire/udp.ts";

/** Takes the datagrams of a port. The bytes are valid during the call only. False: no room, dropped. */
export type DatagramHandler = (
  bytes: Uint8Array,
  at: number,
  length: number,
  sourceAddress: number,
  sourcePort: number,
  destinationAddress: number,
) => boolean;

const EPHEMERAL_FIRST = 49_152;
const EPHEMERAL_COUNT = 16_384;
/** Of one datagram: 65,535 less both headers (RFC 768, RFC 791 3.1); IPv6 counts without its own (RFC 8200 3). */
export const MAX_DATAGRAM = 65_507;
export const MAX_IPV6_DATAGRAM = 65_527;
/** Groups that sockets are members of: each needs a place in a list that every multicast packet is looked up in. */
export const MAX_GROUPS = 64;

/** What a port takes. 0 stands for any. */
export interface UdpBinding {
  /** Only what is sent to this address of ours. */
  localAddress: number;
  /** Connected: only what comes from there (RFC 1122 4.1.3.5 leaves it to the user), and errors about what went there. */
  remoteAddress: number;
  remotePort: number;
  readonly handler: DatagramHandler;
  onError: ((failure: IcmpFailure) => void) | undefined;
  groups: readonly number[];
}

/** How a datagram is sent. */
export interface UdpSendOptions {
  /** 0: chosen by the route. */
  readonly source?: number;
  readonly ttl?: number;
  /** `EMSGSIZE` for what the path does not carry whole, in place of fragments. */
  readonly dontFragment?: boolean;
}

const PLAIN: UdpSendOptions = {};

/** UDP (RFC 768, RFC 8200 8.1): one handler a port, for both families. */
export class UdpLayer {
  readonly #egress: Ipv4Egress;
  readonly #ipv6: Ipv6Host;
  readonly #bytes: ByteHelpers;
  readonly #rng: Rng;
  readonly #counters: Counters;
  readonly #icmp: IcmpLayer;
  readonly #bindings = new Map<number, UdpBinding>();
  readonly #fields = createUdpFields();
  readonly #out = createUdpFields();
  /** How many sockets are members of each group. */
  readonly #groups = new Map<number, number>();

  constructor(egress: Ipv4Egress, ipv6: Ipv6Host, bytes: ByteHelpers, rng: Rng, counters: Counters, icmp: IcmpLayer) {
    this.#egress = egress;
    this.#ipv6 = ipv6;
    this.#bytes = bytes;
    this.#rng = rng;
    this.#counters = counters;
    this.#icmp = icmp;
  }

  /** Port 0: a free one, at random (RFC 6056). Returns the port. */
  bind(port: number, handler: DatagramHandler): number {
    let chosen = port;
    for (let tries = 0; port === 0 && tries < 1000; tries++) {
      const candidate = EPHEMERAL_FIRST + (this.#rng.uint32() % EPHEMERAL_COUNT);
      if (this.#bindings.has(candidate)) continue;
      chosen = candidate;
      break;
    }
    if (chosen === 0 || this.#bindings.has(chosen)) throw new AddressError("EADDRINUSE", `UDP port ${port} is taken`);
    this.#bindings.set(chosen, {
      localAddress: 0,
      remoteAddress: 0,
      remotePort: 0,
      handler,
      onError: undefined,
      groups: [],
    });
    return chosen;
  }

  /** What was bound, to be narrowed. */
  binding(port: number): UdpBinding | undefined {
    return this.#bindings.get(port);
  }

  /** Takes only what is for `local`, and only what comes from `remote`; 0: any. Until `unbind`. */
  narrow(port: number, local: number, remote: number, remotePort: number): void {
    const binding = this.#bindings.get(port)!;
    const { table } = this.#ipv6.egress;
    table.retain(local);
    table.retain(remote);
    table.release(binding.localAddress);
    table.release(binding.remoteAddress);
    binding.localAddress = local;
    binding.remoteAddress = remote;
    binding.remotePort = remotePort;
  }

  unbind(port: number): void {
    if (!this.#bindings.has(port)) return;
    this.narrow(port, 0, 0, 0);
    for (const group of this.#bindings.get(port)!.groups) this.#leave(group);
    this.#bindings.delete(port);
  }

  /** Whether a socket asked for what is sent to this group. */
  isMember(group: number): boolean {
    return this.#groups.size > 0 && this.#groups.has(group);
  }

  /**
   * Makes the socket of `port` hear a group. Of IPv6 it is reported by MLD. Of IPv4 membership is ours alone: no IGMP report is sent, which 224.0.0.0/24 does not
   * need (RFC 4541 2.1.2) and groups beyond it need where switches snoop. False: there are {@link MAX_GROUPS} already.
   */
  join(port: number, group: number): boolean {
    const binding = this.#bindings.get(port);
    if (binding === undefined || binding.groups.includes(group)) return true;
    const members = this.#groups.get(group) ?? 0;
    if (members === 0 && this.#groups.size >= MAX_GROUPS) return false;
    if (members === 0 && group >= FIRST_IPV6) {
      if (!this.#ipv6.join(group)) return false;
      this.#ipv6.egress.table.retain(group);
    }
    binding.groups = [...binding.groups, group];
    this.#groups.set(group, members + 1);
    return true;
  }

  leave(port: number, group: number): void {
    const binding = this.#bindings.get(port);
    if (binding === undefined || !binding.groups.includes(group)) return;
    binding.groups = binding.groups.filter((other) => other !== group);
    this.#leave(group);
  }

  #leave(group: number): void {
    const members = (this.#groups.get(group) ?? 0) - 1;
    if (members > 0) {
      this.#groups.set(group, members);
      return;
    }
    this.#groups.delete(group);
    if (group < FIRST_IPV6) return;
    this.#ipv6.leave(group);
    this.#ipv6.egress.table.release(group);
  }

  /** `unicast`: for us alone, so that a closed port may be answered with an ICMP error (RFC 1122 3.2.2). */
  receive(bytes: Uint8Array, at: number, length: number, ip: Ipv4Fields, ipAt: number, unicast: boolean): void {
    const fields = this.#fields;
    const dropped = this.#counters.dropped;
    if (!parseUdp(bytes, at, length, fields)) {
      dropped.udpMalformed++;
      return;
    }
    // "An all zero transmitted checksum value means that the transmitter generated no checksum" (RFC 768).
    if (fields.checksum !== 0) {
      const pseudo = pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_UDP, fields.length);
      if (this.#bytes.checksum(bytes, at, fields.length, pseudo) !== 0xffff) {
        dropped.udpChecksum++;
        return;
      }
    }
    if (!this.#deliver(bytes, at, ip) && unicast) this.#icmp.unreachable(bytes, ipAt, ip, CODE_PORT_UNREACHABLE);
  }

  receiveIpv6(bytes: Uint8Array, packet: Ipv6Packet): void {
    const fields = this.#fields;
    const { dropped } = this.#counters;
    const { payloadAt: at } = packet;
    if (!parseUdp(bytes, at, packet.payloadLength, fields)) {
      dropped.udpMalformed++;
      return;
    }
    // "IPv6 receivers must discard UDP packets containing a zero checksum" (RFC 8200 8.1).
    const pseudo = this.#bytes.checksum(bytes, packet.at + IPV6_SOURCE, 32, PROTOCOL_UDP + fields.length);
    if (fields.checksum === 0 || this.#bytes.checksum(bytes, at, fields.length, pseudo) !== 0xffff) {
      dropped.udpChecksum++;
      return;
    }
    if (!this.#deliver(bytes, at, packet)) this.#ipv6.icmp.portUnreachable(bytes, packet);
  }

  /** The datagram in `#fields`. False: nobody takes it. */
  #deliver(bytes: Uint8Array, at: number, ip: PacketEnds): boolean {
    const fields = this.#fields;
    const { dropped } = this.#counters;
    const binding = this.#bindings.get(fields.destinationPort);
    if (binding === undefined || !takes(binding, ip, fields.sourcePort)) {
      dropped.udpPort++;
      return false;
    }
    const dataLength = fields.length - HEADER_LENGTH;
    if (!binding.handler(bytes, at + HEADER_LENGTH, dataLength, ip.source, fields.sourcePort, ip.destination)) {
      dropped.udpQueue++;
    }
    return true;
  }

  /** An ICMP error about a datagram from `localPort`. False: nobody here sends from there to there. */
  onIcmpError(localPort: number, remoteAddress: number, remotePort: number, failure: IcmpFailure): boolean {
    const binding = this.#bindings.get(localPort);
    if (binding === undefined) return false;
    if (binding.remoteAddress === 0) return true;
    if (binding.remoteAddress !== remoteAddress || binding.remotePort !== remotePort) return false;
    binding.onError?.(failure);
    return true;
  }

  /** Throws `ENETUNREACH` without a route, `EMSGSIZE` for what is too long; a full device drops, as UDP may. */
  send(
    sourcePort: number,
    destinationAddress: number,
    destinationPort: number,
    data: Uint8Array,
    offset: number,
    length: number,
    options: UdpSendOptions = PLAIN,
  ): void {
    const ipv6 = destinationAddress >= FIRST_IPV6;
    const egress = ipv6 ? this.#ipv6.egress : this.#egress;
    const longest = ipv6 ? MAX_IPV6_DATAGRAM : MAX_DATAGRAM;
    if (length > longest) throw new MessageSizeError(`a datagram carries at most ${longest} bytes, not ${length}`);
    const group = isGroup(destinationAddress);
    const local = !ipv6 && (group || this.#egress.isBroadcast(destinationAddress));
    if (!local && egress.nextHop(destinationAddress) === 0) throw this.#unreachable(destinationAddress);
    // An address of the other family is none to speak from: who bound to it hears of it.
    const own = options.source ?? 0;
    const source = own === 0 || own === ANY_IPV4 ? egress.sourceFor(destinationAddress) : own;
    if (source >= FIRST_IPV6 !== ipv6 || (source === 0 && (ipv6 || group))) throw this.#unreachable(destinationAddress);
    const hops = options.ttl ?? (group ? MULTICAST_TTL : DEFAULT_TTL);
    const total = HEADER_LENGTH + length;
    const room = egress.pathMtu(destinationAddress) - egress.headerLength;
    const whole = total <= room;
    if (!whole && options.dontFragment) {
      throw new MessageSizeError(`a packet to there carries at most ${room - HEADER_LENGTH} bytes, not ${length}`);
    }
    const at = whole ? egress.begin(source, destinationAddress, PROTOCOL_UDP, total, hops) : 0;
    if (at < 0) return;
    const buffer = whole ? egress.device.txBuffer : new Uint8Array(total);
    const out = this.#out;
    out.sourcePort = sourcePort;
    out.destinationPort = destinationPort;
    out.length = total;
    emitUdp(buffer, at, out);
    this.#bytes.copy(buffer, at + HEADER_LENGTH, data, offset, length);
    const pseudo = ipv6
      ? this.#ipv6.egress.table.pseudoSum(this.#bytes, source, destinationAddress, PROTOCOL_UDP + total)
      : pseudoHeaderSum(source, destinationAddress, PROTOCOL_UDP, total);
    patchUdpChecksum(buffer, at, this.#bytes.checksum(buffer, at, total, pseudo));
    if (whole) egress.commit(total);
    else egress.sendFragments(source, destinationAddress, PROTOCOL_UDP, buffer, total, hops);
  }

  #unreachable(destination: number): UnreachableError {
    return new UnreachableError("ENETUNREACH", `no route to ${this.#ipv6.egress.table.format(destination)}`);
  }
}

/** Of either family. */
export function isGroup(address: number): boolean {
  return address >= FIRST_IPV6 ? isIpv6Multicast(address) : isMulticast(address);
}

function takes(binding: UdpBinding, ip: PacketEnds, sourcePort: number): boolean {
  if (binding.remoteAddress !== 0 && (binding.remoteAddress !== ip.source || binding.remotePort !== sourcePort)) {
    return false;
  }
  if (isGroup(ip.destination)) return binding.groups.includes(ip.destination);
  const { localAddress } = binding;
  return (
    localAddress === 0 || localAddress === ip.destination || (localAddress === ANY_IPV4 && ip.destination < FIRST_IPV6)
  );
}

import type { ByteHelpers, Rng } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import { AddressError, MessageSizeError, UnreachableError } from "../errors.ts";
import type { IcmpFailure, IcmpLayer } from "../icmp/layer.ts";
import { type Ipv4Egress, MULTICAST_TTL } from "../ipv4/egress.ts";
import { CODE_PORT_UNREACHABLE } from "../wire/icmpv4.ts";
import { DEFAULT_TTL, type Ipv4Fields, MIN_HEADER_LENGTH, PROTOCOL_UDP, pseudoHeaderSum } from "../wire/ipv4.ts";
import { formatAddress, isMulticast } from "../wire/ipv4-address.ts";
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
/** Of one datagram: 65,535 less both headers (RFC 768, RFC 791 3.1). */
export const MAX_DATAGRAM = 65_507;
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

/** UDP (RFC 768): one handler a port. */
export class UdpLayer {
  readonly #egress: Ipv4Egress;
  readonly #bytes: ByteHelpers;
  readonly #rng: Rng;
  readonly #counters: Counters;
  readonly #icmp: IcmpLayer;
  readonly #bindings = new Map<number, UdpBinding>();
  readonly #fields = createUdpFields();
  readonly #out = createUdpFields();
  /** How many sockets are members of each group. */
  readonly #groups = new Map<number, number>();

  constructor(egress: Ipv4Egress, bytes: ByteHelpers, rng: Rng, counters: Counters, icmp: IcmpLayer) {
    this.#egress = egress;
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

  unbind(port: number): void {
    for (const group of this.#bindings.get(port)?.groups ?? []) this.#leave(group);
    this.#bindings.delete(port);
  }

  /** Whether a socket asked for what is sent to this group. */
  isMember(group: number): boolean {
    return this.#groups.size > 0 && this.#groups.has(group);
  }

  /**
   * Makes the socket of `port` hear a group. Membership is ours alone: no IGMP report is sent, which 224.0.0.0/24 does not
   * need (RFC 4541 2.1.2) and groups beyond it need where switches snoop. False: there are {@link MAX_GROUPS} already.
   */
  join(port: number, group: number): boolean {
    const binding = this.#bindings.get(port);
    if (binding === undefined || binding.groups.includes(group)) return true;
    const members = this.#groups.get(group) ?? 0;
    if (members === 0 && this.#groups.size >= MAX_GROUPS) return false;
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
    if (members > 0) this.#groups.set(group, members);
    else this.#groups.delete(group);
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
    const binding = this.#bindings.get(fields.destinationPort);
    if (binding === undefined || !takes(binding, ip, fields.sourcePort)) {
      dropped.udpPort++;
      if (unicast) this.#icmp.unreachable(bytes, ipAt, ip, CODE_PORT_UNREACHABLE);
      return;
    }
    const dataLength = fields.length - HEADER_LENGTH;
    if (!binding.handler(bytes, at + HEADER_LENGTH, dataLength, ip.source, fields.sourcePort, ip.destination)) {
      dropped.udpQueue++;
    }
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
    const egress = this.#egress;
    if (length > MAX_DATAGRAM) {
      throw new MessageSizeError(`a datagram carries at most ${MAX_DATAGRAM} bytes, not ${length}`);
    }
    const group = isMulticast(destinationAddress);
    const local = group || egress.isBroadcast(destinationAddress);
    if (!local && egress.nextHop(destinationAddress) === 0) {
      throw new UnreachableError("ENETUNREACH", `no route to ${formatAddress(destinationAddress)}`);
    }
    const source = options.source || egress.sourceFor(destinationAddress);
    const ttl = options.ttl ?? (group ? MULTICAST_TTL : DEFAULT_TTL);
    const total = HEADER_LENGTH + length;
    const mtu = egress.pathMtu(destinationAddress);
    const whole = total <= mtu - MIN_HEADER_LENGTH;
    if (!whole && options.dontFragment) {
      const most = mtu - MIN_HEADER_LENGTH - HEADER_LENGTH;
      throw new MessageSizeError(`a packet to there carries at most ${most} bytes, not ${length}`);
    }
    const at = whole ? egress.begin(source, destinationAddress, PROTOCOL_UDP, total, ttl) : 0;
    if (at < 0) return;
    const buffer = whole ? egress.device.txBuffer : new Uint8Array(total);
    const out = this.#out;
    out.sourcePort = sourcePort;
    out.destinationPort = destinationPort;
    out.length = total;
    emitUdp(buffer, at, out);
    this.#bytes.copy(buffer, at + HEADER_LENGTH, data, offset, length);
    const pseudo = pseudoHeaderSum(source, destinationAddress, PROTOCOL_UDP, total);
    patchUdpChecksum(buffer, at, this.#bytes.checksum(buffer, at, total, pseudo));
    if (whole) egress.commit(total);
    else egress.sendFragments(source, destinationAddress, PROTOCOL_UDP, buffer, total, ttl);
  }
}

function takes(binding: UdpBinding, ip: Ipv4Fields, sourcePort: number): boolean {
  if (binding.remoteAddress !== 0 && (binding.remoteAddress !== ip.source || binding.remotePort !== sourcePort)) {
    return false;
  }
  if (isMulticast(ip.destination)) return binding.groups.includes(ip.destination);
  return binding.localAddress === 0 || binding.localAddress === ip.destination;
}

import type { ByteHelpers } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import { commitIcmpv6 } from "../icmp/messages.ts";
import type { LinkWaiter } from "../ipv4/egress.ts";
import { readNames } from "../wire/dhcpv6.ts";
import { macHigh, macLow } from "../wire/ethernet.ts";
import {
  emitIcmpv6,
  HEADER_LENGTH,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
} from "../wire/icmpv6.ts";
import { MIN_MTU, PROTOCOL_ICMPV6 } from "../wire/ipv6.ts";
import {
  emitLinkOption,
  FLAG_OVERRIDE,
  FLAG_ROUTER,
  FLAG_SOLICITED,
  findOption,
  LINK_OPTION_LENGTH,
  NEIGHBOR_LENGTH,
  OPTION_SOURCE_LINK,
  OPTION_TARGET_LINK,
  optionsValid,
  parseRouterAdvertisement,
  type RouterAdvertisement,
  TARGET,
} from "../wire/ndp.ts";
import { type AddressTable, ALL_NODES, ALL_ROUTERS, isIpv6Multicast, isLinkLocal, UNSPECIFIED } from "./addresses.ts";
import type { Ipv6Egress } from "./egress.ts";
import { REACHABLE_TIME } from "./neighbours.ts";
import type { OwnAddresses } from "./own-addresses.ts";
import type { Ipv6Packet } from "./packet.ts";
import type { RouterSolicitation } from "./solicitation.ts";

/** "the IP Hop Limit field has a value of 255, i.e., the packet could not possibly have been forwarded" (RFC 4861 6.1). */
const HOPS = 255;
/** "ReachableTime … no greater than one hour" (RFC 4861 6.2.1); longer ones are not believed. Milliseconds. */
const MAX_REACHABLE_TIME = 3_600_000;
/** What a router may make us wait between two probes: a forged one could keep us waiting. */
const MAX_RETRANSMIT_TIME = 10_000;
/** Name servers and search domains that routers told of, at most. */
export const MAX_SERVERS = 4;
export const MAX_DOMAINS = 8;

/** Something that a router told, until a time. */
interface Told<Value> {
  readonly value: Value;
  until: number;
}

export interface NdpParts {
  readonly egress: Ipv6Egress;
  readonly own: OwnAddresses;
  readonly solicitation: RouterSolicitation;
  readonly table: AddressTable;
  readonly bytes: ByteHelpers;
  readonly counters: Counters;
  /** A router spoke: deadlines, routes and addresses may have changed. `stateless`: DHCPv6 has more to tell. */
  readonly onRouter: (stateless: boolean) => void;
  /** A neighbour was solicited or answered: deadlines may have changed. */
  readonly onChange: () => void;
}

/** Messages of Neighbor Discovery (RFC 4861), in and out; what they mean is their machines' to know. */
export class NeighborDiscovery {
  /** False: routers are heard for routes and options, and no address is made from their prefixes. */
  autoconfigure = true;
  readonly #parts: NdpParts;
  readonly #mac: Uint8Array;
  readonly #servers: Told<number>[] = [];
  readonly #domains: Told<string>[] = [];

  constructor(parts: NdpParts) {
    this.#parts = parts;
    this.#mac = parts.egress.device.mac;
  }

  /** Name servers that routers told of (RFC 8106). */
  servers(now: number): number[] {
    return this.#servers.filter(({ until }) => until > now).map(({ value }) => value);
  }

  domains(now: number): string[] {
    return this.#domains.filter(({ until }) => until > now).map(({ value }) => value);
  }

  /** A message of `length` bytes at `at`, its checksum right. */
  process(type: number, bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet): void {
    // Code 0, and never from beyond the link.
    let valid = bytes[at + 1] === 0 && packet.hopLimit === HOPS;
    if (valid) {
      if (type === NEIGHBOR_SOLICITATION) valid = this.#solicited(bytes, at, length, packet);
      else if (type === NEIGHBOR_ADVERTISEMENT) valid = this.#advertised(bytes, at, length, packet);
      else if (type === ROUTER_ADVERTISEMENT) valid = this.#routerAdvertised(bytes, at, length, packet);
      // Solicitations are routers' business. Redirects are not believed: whoever is on the link could take any traffic by one
      // (RFC 4861 11.1), and all that they spare is one hop on the same link.
      else this.#parts.counters.dropped.icmpType++;
    }
    if (!valid) this.#parts.counters.dropped.ndpMalformed++;
  }

  /** RFC 4861 7.1.1, 7.2.3; RFC 4862 5.4.3. */
  #solicited(bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet): boolean {
    const { own, table, egress } = this.#parts;
    const end = at + length;
    if (length < NEIGHBOR_LENGTH || !optionsValid(bytes, at + NEIGHBOR_LENGTH, end)) return false;
    const option = linkOption(bytes, at + NEIGHBOR_LENGTH, end, OPTION_SOURCE_LINK);
    const probe = packet.source === UNSPECIFIED;
    if (probe && (option >= 0 || !isIpv6Multicast(packet.destination))) return false;
    const target = table.intern(bytes, at + TARGET);
    if (target === 0 || isIpv6Multicast(target)) return false;
    const { now } = egress;
    // Somebody else probes for it: neither may have it. By one who wants to talk to it a solicitation means nothing yet.
    if (probe && own.conflict(target, now)) {
      this.#parts.counters.ipv6Duplicates = own.duplicates;
      this.#parts.onChange();
      return true;
    }
    if (!own.isAssigned(target)) return true;
    if (probe) {
      this.#advertise(target, ALL_NODES, FLAG_OVERRIDE);
      return true;
    }
    if (option >= 0) {
      const waited = egress.neighbours.learn(packet.source, macHigh(bytes, option), macLow(bytes, option), false);
      if (waited !== undefined) egress.release(waited);
    }
    this.#advertise(target, packet.source, FLAG_SOLICITED | FLAG_OVERRIDE);
    this.#parts.onChange();
    return true;
  }

  /** RFC 4861 7.1.2, 7.2.5; RFC 4862 5.4.4. */
  #advertised(bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet): boolean {
    const { own, table, egress, counters } = this.#parts;
    const end = at + length;
    if (length < NEIGHBOR_LENGTH || !optionsValid(bytes, at + NEIGHBOR_LENGTH, end)) return false;
    const flags = bytes[at + 4]! << 24;
    const solicited = (flags & FLAG_SOLICITED) !== 0;
    if (solicited && isIpv6Multicast(packet.destination)) return false;
    const target = table.intern(bytes, at + TARGET);
    if (target === 0 || isIpv6Multicast(target)) return false;
    const { now } = egress;
    if (own.conflict(target, now)) {
      counters.ipv6Duplicates = own.duplicates;
    } else if (own.isAssigned(target)) {
      // "the address is … a duplicate" (RFC 4862 5.4.4), found too late: connections are on it, so it is kept and said again.
      counters.ipv6Duplicates = ++own.duplicates;
      this.#advertise(target, ALL_NODES, FLAG_OVERRIDE);
    } else {
      const option = linkOption(bytes, at + NEIGHBOR_LENGTH, end, OPTION_TARGET_LINK);
      const { waited, lostRouter } = egress.neighbours.advertised(
        target,
        {
          hasMac: option >= 0,
          high: option < 0 ? 0 : macHigh(bytes, option),
          low: option < 0 ? 0 : macLow(bytes, option),
          router: (flags & FLAG_ROUTER) !== 0,
          solicited,
          override: (flags & FLAG_OVERRIDE) !== 0,
        },
        now,
      );
      // "MUST remove that router from the Default Router List" (RFC 4861 7.2.5).
      if (lostRouter) egress.routes.setRouter(target, 0, 0, now);
      if (waited !== undefined) egress.release(waited);
    }
    this.#parts.onChange();
    return true;
  }

  /** RFC 4861 6.1.2, 6.3.4; RFC 4862 5.5.3; RFC 8106 6. */
  #routerAdvertised(bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet): boolean {
    const { egress, table, own, solicitation } = this.#parts;
    const ra = parseRouterAdvertisement(bytes, at, length);
    if (ra === undefined || !isLinkLocal(packet.source)) return false;
    const { now, neighbours, routes } = egress;
    if (ra.linkAt >= 0) {
      const waited = neighbours.learn(packet.source, macHigh(bytes, ra.linkAt), macLow(bytes, ra.linkAt), true);
      if (waited !== undefined) egress.release(waited);
    }
    routes.setRouter(packet.source, ra.preference, now + ra.lifetime, now);
    if (ra.lifetime > 0) solicitation.stop();
    this.#takeParameters(ra);
    for (const prefix of ra.prefixes) {
      const first = table.intern(bytes, prefix.at);
      if (first === 0 || isLinkLocal(first) || isIpv6Multicast(first) || prefix.length > 128) continue;
      const until = now + prefix.validLifetime;
      if (prefix.onLink) routes.setOnLink(bytes.slice(prefix.at, prefix.at + 16), prefix.length, until, now);
      if (prefix.autonomous && this.autoconfigure) {
        own.autoconfigure(bytes, prefix.at, prefix.length, prefix.validLifetime, prefix.preferredLifetime, now);
      }
    }
    for (const server of ra.servers) {
      const address = table.intern(bytes, server.at);
      if (address === 0 || isIpv6Multicast(address)) continue;
      this.#tell(this.#servers, address, now + server.lifetime, MAX_SERVERS);
    }
    for (const each of ra.domains) {
      for (const domain of readNames(bytes, each.at, each.length, MAX_DOMAINS)) {
        this.#tell(this.#domains, domain, now + each.lifetime, MAX_DOMAINS);
      }
    }
    // "If … M is set, the O flag is redundant" (RFC 4861 4.2).
    this.#parts.onRouter(ra.other || ra.managed);
    return true;
  }

  #takeParameters(ra: RouterAdvertisement): void {
    const { egress, own } = this.#parts;
    const { neighbours, device } = egress;
    if (ra.hopLimit !== 0) egress.hopLimit = ra.hopLimit;
    if (ra.reachableTime !== 0 && ra.reachableTime <= MAX_REACHABLE_TIME) {
      neighbours.reachableBase = ra.reachableTime;
    } else if (neighbours.reachableBase === 0) {
      neighbours.reachableBase = REACHABLE_TIME;
    }
    if (ra.retransmitTime !== 0) {
      const time = Math.min(Math.max(ra.retransmitTime, 100), MAX_RETRANSMIT_TIME);
      neighbours.retransmitTime = time;
      own.retransmitTime = time;
    }
    // "if the option contains an invalid value … ignore" (RFC 4861 6.3.4).
    if (ra.mtu >= MIN_MTU && ra.mtu <= device.mtu) egress.mtu = ra.mtu;
  }

  #tell<Value>(list: Told<Value>[], value: Value, until: number, most: number): void {
    const { egress, table } = this.#parts;
    const isHandle = typeof value === "number";
    for (let index = list.length - 1; index >= 0; index--) {
      const told = list[index]!;
      if (told.value !== value && told.until > egress.now) continue;
      list.splice(index, 1);
      if (isHandle) table.release(told.value as number);
    }
    if (until <= egress.now || list.length >= most) return;
    if (isHandle) table.retain(value);
    list.push({ value, until });
  }

  /** Asks for a neighbour's MAC, or whether it is still there (RFC 4861 7.2.2). */
  solicit(target: number, high: number, low: number, unicast: boolean): void {
    const { egress, table } = this.#parts;
    const source = egress.sourceFor(target);
    if (source === 0) return;
    const length = NEIGHBOR_LENGTH + LINK_OPTION_LENGTH;
    const at = unicast
      ? egress.beginTo(high, low, source, target, PROTOCOL_ICMPV6, length, HOPS)
      : egress.begin(source, table.solicitedNode(target), PROTOCOL_ICMPV6, length, HOPS);
    if (at < 0) return;
    this.#emitNeighbor(at, NEIGHBOR_SOLICITATION, 0, target, OPTION_SOURCE_LINK);
    commitIcmpv6(egress, this.#parts.bytes, at, length);
  }

  /** Asks whether anybody has an address (RFC 4862 5.4.2). */
  probe(target: number): void {
    const { egress, table } = this.#parts;
    const at = egress.begin(UNSPECIFIED, table.solicitedNode(target), PROTOCOL_ICMPV6, NEIGHBOR_LENGTH, HOPS);
    if (at < 0) return;
    this.#emitNeighbor(at, NEIGHBOR_SOLICITATION, 0, target, 0);
    commitIcmpv6(egress, this.#parts.bytes, at, NEIGHBOR_LENGTH);
  }

  #advertise(target: number, to: number, flags: number): void {
    const { egress } = this.#parts;
    const length = NEIGHBOR_LENGTH + LINK_OPTION_LENGTH;
    const at = egress.begin(target, to, PROTOCOL_ICMPV6, length, HOPS);
    if (at < 0) return;
    this.#emitNeighbor(at, NEIGHBOR_ADVERTISEMENT, flags, target, OPTION_TARGET_LINK);
    commitIcmpv6(egress, this.#parts.bytes, at, length);
  }

  /** `option` 0: none. */
  #emitNeighbor(at: number, type: number, flags: number, target: number, option: number): void {
    const { egress, table } = this.#parts;
    const into = egress.device.txBuffer;
    emitIcmpv6(into, at, { type, code: 0, rest: flags });
    table.write(target, into, at + TARGET);
    if (option !== 0) emitLinkOption(into, at + NEIGHBOR_LENGTH, option, this.#mac);
  }

  /** RFC 4861 4.1; with our MAC once we have an address to say it from. */
  solicitRouters(): void {
    const { egress, own } = this.#parts;
    const source = own.linkLocal;
    const length = HEADER_LENGTH + (source === 0 ? 0 : LINK_OPTION_LENGTH);
    const at = egress.begin(source || UNSPECIFIED, ALL_ROUTERS, PROTOCOL_ICMPV6, length, HOPS);
    if (at < 0) return;
    const into = egress.device.txBuffer;
    emitIcmpv6(into, at, { type: ROUTER_SOLICITATION, code: 0, rest: 0 });
    if (source !== 0) emitLinkOption(into, at + HEADER_LENGTH, OPTION_SOURCE_LINK, this.#mac);
    commitIcmpv6(egress, this.#parts.bytes, at, length);
  }

  /** Takes the steps of neighbours that are due, and tells whom nobody answered. */
  dispatchNeighbours(
    now: number,
    onSilent: (neighbour: number, waiters: LinkWaiter[], frames: Uint8Array[]) => void,
  ): void {
    const { neighbours, routes } = this.#parts.egress;
    for (;;) {
      const silent = neighbours.dispatch(now, ({ address, high, low }, unicast) =>
        this.solicit(address, high, low, unicast),
      );
      if (silent === undefined) return;
      if (silent.isRouter) routes.demote(silent.address);
      onSilent(silent.address, silent.waiters.splice(0), neighbours.takePending(silent));
    }
  }
}

/** Where the MAC of a link-layer address option lies; -1: there is none of Ethernet's length. */
function linkOption(bytes: Uint8Array, at: number, end: number, type: number): number {
  const option = findOption(bytes, at, end, type);
  return option < 0 || bytes[option + 1] !== 1 ? -1 : option + 2;
}

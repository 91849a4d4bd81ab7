import type { ByteHelpers, NetDevice } from "@soloist/interface";
import { ArpCache, MAX_REQUESTS, type Neighbour } from "../arp/cache.ts";
import type { Counters } from "../counters.ts";
import type { Egress } from "../egress.ts";
import { LENGTH as ARP_LENGTH, createArpFields, emitArp, OPERATION_REPLY, OPERATION_REQUEST } from "../wire/arp.ts";
import {
  createEthernetFields,
  HEADER_LENGTH as ETHERNET_LENGTH,
  emitEthernet,
  macHigh,
  macLow,
  TYPE_ARP,
  TYPE_IPV4,
  writeMac,
} from "../wire/ethernet.ts";
import {
  createIpv4Fields,
  DEFAULT_TTL,
  DONT_FRAGMENT,
  emitIpv4,
  MIN_HEADER_LENGTH,
  MORE_FRAGMENTS,
} from "../wire/ipv4.ts";
import { isLoopback, isMulticast, LIMITED_BROADCAST, LOOPBACK, prefixMask } from "../wire/ipv4-address.ts";
import { PathMtuCache } from "./path-mtu.ts";
import { type Route, RouteTable } from "./routes.ts";

/** Our place in the IPv4 network. `address` 0: none yet. */
export interface Ipv4Config {
  address: number;
  prefix: number;
  /** 0: none. */
  gateway: number;
}

export interface LocalAddress {
  readonly address: number;
  readonly prefix: number;
}

/** Something that waits until a neighbour is resolved, or known to be absent. */
export interface LinkWaiter {
  onLink(reachable: boolean): void;
}

/** Packets to ourselves that wait for the next poll; more are dropped, as a full device would. */
export const MAX_LOOPED = 256;
/** "Default TTL … for multicast … 1" (RFC 1112 6.1). */
export const MULTICAST_TTL = 1;

/** Packets on their way out: next hop, link address, headers. */
export class Ipv4Egress implements Egress {
  readonly headerLength: number = MIN_HEADER_LENGTH;
  /** The first address; 0 while there is none. */
  readonly config: Ipv4Config = { address: 0, prefix: 0, gateway: 0 };
  /** All of them, the first one first. */
  addresses: readonly LocalAddress[] = [];
  readonly routes: RouteTable = new RouteTable();
  readonly paths: PathMtuCache = new PathMtuCache();
  readonly arp: ArpCache<LinkWaiter> = new ArpCache();
  readonly device: NetDevice;
  readonly macHigh: number;
  readonly macLow: number;
  /** The device's, or less when DHCP says so. */
  mtu: number;
  /** The stack's time; set at the begin of each poll. */
  now = 0;
  /** Frames to ourselves. */
  looped: Uint8Array[] = [];
  /** Hears of packets that were dropped because their next hop never answered: the bytes from the IPv4 header on. */
  onUnresolved: (packet: Uint8Array) => void = () => {};
  readonly #bytes: ByteHelpers;
  readonly #counters: Counters;
  readonly #ethernet = createEthernetFields();
  readonly #ipv4 = createIpv4Fields();
  readonly #arpFields = createArpFields();
  #at = -1;
  #toUs = false;
  #unresolved: Neighbour<LinkWaiter> | undefined;
  #identification: number;

  /** @param identification where the numbers of fragmented datagrams begin: random, so that nobody can guess them (RFC 7739) */
  constructor(device: NetDevice, bytes: ByteHelpers, counters: Counters, identification = 0) {
    this.device = device;
    this.mtu = device.mtu;
    this.#bytes = bytes;
    this.#counters = counters;
    this.#identification = identification;
    this.macHigh = macHigh(device.mac, 0);
    this.macLow = macLow(device.mac, 0);
  }

  /** Takes these addresses and routes in place of what there was; the first address is the one we speak with. */
  configure(addresses: readonly LocalAddress[], gateway: number, routes: readonly Route[] = []): void {
    const { config } = this;
    config.address = addresses[0]?.address ?? 0;
    config.prefix = addresses[0]?.prefix ?? 0;
    config.gateway = gateway;
    this.addresses = addresses;
    this.routes.clear();
    for (const { address, prefix } of addresses) {
      this.routes.add({ destination: address, prefix, gateway: 0, source: address });
    }
    for (const route of routes) this.routes.add(route);
    if (gateway !== 0) this.routes.add({ destination: 0, prefix: 0, gateway, source: 0 });
    this.arp.clear();
    this.paths.clear();
  }

  /** Whether `address` is one that others reach us at. */
  isOwn(address: number): boolean {
    if (address === 0) return false;
    // By index, here and below: an iterator costs 1 us, and every SYN asks four times.
    const { addresses } = this;
    for (let index = 0; index < addresses.length; index++) if (addresses[index]!.address === address) return true;
    return false;
  }

  /** Whether packets for `address` never leave: our own addresses and 127.0.0.0/8 (RFC 1122 3.2.1.3 g). */
  isLocal(address: number): boolean {
    return isLoopback(address) || this.isOwn(address);
  }

  /** Whether everybody on our network hears `address`. */
  isBroadcast(address: number): boolean {
    if (address === LIMITED_BROADCAST) return true;
    const { addresses } = this;
    for (let index = 0; index < addresses.length; index++) {
      const { address: own, prefix } = addresses[index]!;
      const mask = prefixMask(prefix);
      if (prefix < 31 && ((address ^ own) & mask) === 0 && (address | mask) === -1) return true;
    }
    return false;
  }

  isOnLink(address: number): boolean {
    for (const { address: own, prefix } of this.addresses) {
      if (((address ^ own) & prefixMask(prefix)) === 0) return true;
    }
    return false;
  }

  /** The neighbour that a packet for `destination` goes to; 0: no route. A local destination is its own. */
  nextHop(destination: number): number {
    if (isLoopback(destination)) return destination;
    const route = this.routes.lookup(destination);
    if (route === undefined) return 0;
    return route.gateway === 0 ? destination : route.gateway;
  }

  doubt(destination: number): void {
    if (!this.isLocal(destination)) this.arp.doubt(this.nextHop(destination), this.now);
  }

  /** The address that a packet for `destination` comes from (RFC 1122 3.3.4.3); 0: we have none. */
  sourceFor(destination: number): number {
    if (isLoopback(destination)) return LOOPBACK;
    if (this.isOwn(destination)) return destination;
    const route = this.routes.lookup(destination);
    if (route !== undefined) {
      if (route.source !== 0) return route.source;
      for (const { address, prefix } of this.addresses) {
        if (((address ^ route.gateway) & prefixMask(prefix)) === 0) return address;
      }
    }
    return this.config.address;
  }

  /** Largest packet, header included, that the path to `destination` is known to carry whole. */
  pathMtu(destination: number): number {
    return this.paths.get(destination, this.mtu, this.now);
  }

  /**
   * Writes Ethernet and IPv4 headers for a packet with `length` bytes of payload, which one frame carries, and returns where
   * in `device.txBuffer` the payload goes; -1: it cannot be sent (counted). Finish with {@link commit}.
   */
  begin(source: number, destination: number, protocol: number, length: number, ttl: number = DEFAULT_TTL): number {
    // Never fragmented on the way: an atomic datagram, whose identification means nothing (RFC 6864 4.1).
    return this.#begin(source, destination, protocol, length, ttl, DONT_FRAGMENT, 0);
  }

  /** Sends the packet that `begin` started, or keeps it until the neighbour answers. */
  commit(length: number): void {
    const total = ETHERNET_LENGTH + MIN_HEADER_LENGTH + length;
    if (this.#toUs) {
      this.loop(this.#at, total);
      return;
    }
    const neighbour = this.#unresolved;
    if (neighbour === undefined) this.device.send(total);
    else if (!this.arp.keep(neighbour, this.device.txBuffer.slice(this.#at, this.#at + total))) {
      this.#counters.dropped.unreachable++;
    }
  }

  /** Sends a payload of up to 65,515 bytes, in fragments when the path does not carry it whole (RFC 791 3.2). */
  sendFragments(
    source: number,
    destination: number,
    protocol: number,
    payload: Uint8Array,
    length: number,
    ttl: number = DEFAULT_TTL,
  ): void {
    const room = this.pathMtu(destination) - MIN_HEADER_LENGTH;
    const piece = length <= room ? length : room & ~7;
    // Unique among those that may be on their way together (RFC 6864 4.3).
    if (length > room) this.#identification = (this.#identification + 1) & 0xffff;
    for (let sent = 0; sent < length; sent += piece) {
      const part = Math.min(piece, length - sent);
      const more = sent + part < length ? MORE_FRAGMENTS : 0;
      const fragment = length <= room ? DONT_FRAGMENT : more | (sent >> 3);
      const at = this.#begin(source, destination, protocol, part, ttl, fragment, this.#identification);
      if (at < 0) return;
      this.#bytes.copy(this.device.txBuffer, at, payload, sent, part);
      this.commit(part);
    }
  }

  #begin(
    source: number,
    destination: number,
    protocol: number,
    length: number,
    ttl: number,
    fragment: number,
    identification: number,
  ): number {
    const ethernet = this.#ethernet;
    this.#unresolved = undefined;
    this.#toUs = false;
    if (this.isBroadcast(destination)) {
      ethernet.destinationHigh = 0xffff;
      ethernet.destinationLow = -1;
    } else if (isMulticast(destination)) {
      // RFC 1112 6.4.
      ethernet.destinationHigh = 0x0100;
      ethernet.destinationLow = 0x5e000000 | (destination & 0x7fffff);
    } else if (this.isLocal(destination)) {
      this.#toUs = true;
      ethernet.destinationHigh = this.macHigh;
      ethernet.destinationLow = this.macLow;
    } else {
      const hop = this.nextHop(destination);
      if (hop === 0) {
        this.#counters.dropped.unreachable++;
        return -1;
      }
      const neighbour = this.arp.resolve(hop, this.now);
      if (!neighbour.resolved) this.#unresolved = neighbour;
      ethernet.destinationHigh = neighbour.high;
      ethernet.destinationLow = neighbour.low;
    }
    const at = this.device.reserve();
    if (at < 0) {
      this.#counters.dropped.transmit++;
      return -1;
    }
    ethernet.sourceHigh = this.macHigh;
    ethernet.sourceLow = this.macLow;
    ethernet.type = TYPE_IPV4;
    emitEthernet(this.device.txBuffer, at, ethernet);
    const ipv4 = this.#ipv4;
    ipv4.totalLength = MIN_HEADER_LENGTH + length;
    ipv4.identification = identification;
    ipv4.fragment = fragment;
    ipv4.ttl = ttl;
    ipv4.protocol = protocol;
    ipv4.source = source;
    ipv4.destination = destination;
    emitIpv4(this.device.txBuffer, at + ETHERNET_LENGTH, ipv4);
    this.#at = at;
    return at + ETHERNET_LENGTH + MIN_HEADER_LENGTH;
  }

  /** Takes the frame of `length` bytes at `at` of `device.txBuffer`, which the device does not see: it is for ourselves. */
  loop(at: number, length: number): void {
    if (this.looped.length >= MAX_LOOPED) this.#counters.dropped.transmit++;
    else this.looped.push(this.device.txBuffer.slice(at, at + length));
  }

  /** Calls `waiter.onLink` once the neighbour has answered, or has not. */
  wait(neighbour: Neighbour<LinkWaiter>, waiter: LinkWaiter): void {
    if (!neighbour.waiters.includes(waiter)) neighbour.waiters.push(waiter);
  }

  /** Sends ARP requests that are due, and tells waiters whom nobody answered. Returns when to call it again. */
  dispatchArp(now: number): number {
    for (;;) {
      const silent = this.arp.dispatch(now, (neighbour) => {
        // One that had answered is asked alone first: it spares the others.
        const alone = neighbour.resolved && neighbour.requests < MAX_REQUESTS;
        const high = alone ? neighbour.high : 0xffff;
        const low = alone ? neighbour.low : -1;
        this.#sendArp(OPERATION_REQUEST, high, low, this.sourceFor(neighbour.address), neighbour.address);
      });
      if (silent === undefined) return this.arp.pollAt();
      for (const waiter of silent.waiters) waiter.onLink(false);
      for (const frame of this.arp.takePending(silent)) {
        this.#counters.dropped.unreachable++;
        this.onUnresolved(frame.subarray(ETHERNET_LENGTH));
      }
    }
  }

  /** The neighbour's MAC is known: out with what waited. */
  release(neighbour: Neighbour<LinkWaiter>): void {
    for (const frame of this.arp.takePending(neighbour)) {
      const at = this.device.reserve();
      if (at < 0) {
        this.#counters.dropped.transmit++;
      } else {
        writeMac(frame, 0, neighbour.high, neighbour.low);
        this.#bytes.copy(this.device.txBuffer, at, frame, 0, frame.length);
        this.device.send(frame.length);
      }
    }
    for (const waiter of neighbour.waiters.splice(0)) waiter.onLink(true);
  }

  /** Answers a request for `own` of the host with this MAC and address. */
  replyArp(high: number, low: number, address: number, own: number): void {
    this.#sendArp(OPERATION_REPLY, high, low, own, address);
  }

  /** Asks whether anybody has `address` already (RFC 5227 2.1.1). */
  probe(address: number): void {
    this.#sendArp(OPERATION_REQUEST, 0xffff, -1, 0, address);
  }

  /** Tells the network whose address this is (RFC 5227 2.3). */
  announce(address: number): void {
    this.#sendArp(OPERATION_REQUEST, 0xffff, -1, address, address);
  }

  #sendArp(operation: 1 | 2, high: number, low: number, sender: number, target: number): void {
    const at = this.device.reserve();
    if (at < 0) {
      this.#counters.dropped.transmit++;
      return;
    }
    const ethernet = this.#ethernet;
    ethernet.destinationHigh = high;
    ethernet.destinationLow = low;
    ethernet.sourceHigh = this.macHigh;
    ethernet.sourceLow = this.macLow;
    ethernet.type = TYPE_ARP;
    emitEthernet(this.device.txBuffer, at, ethernet);
    const fields = this.#arpFields;
    fields.operation = operation;
    fields.senderHigh = this.macHigh;
    fields.senderLow = this.macLow;
    fields.senderAddress = sender;
    fields.targetHigh = operation === OPERATION_REQUEST ? 0 : high;
    fields.targetLow = operation === OPERATION_REQUEST ? 0 : low;
    fields.targetAddress = target;
    emitArp(this.device.txBuffer, at + ETHERNET_LENGTH, fields);
    this.device.send(ETHERNET_LENGTH + ARP_LENGTH);
  }
}

import type { ByteHelpers, NetDevice } from "@soloist/interface";
import { ArpCache, MAX_REQUESTS, type Neighbour } from "../arp/cache.ts";
import type { Counters } from "../counters.ts";
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
import { createIpv4Fields, DEFAULT_TTL, DONT_FRAGMENT, emitIpv4, MIN_HEADER_LENGTH } from "../wire/ipv4.ts";
import { isMulticast, LIMITED_BROADCAST, prefixMask } from "../wire/ipv4-address.ts";

/** Our place in the IPv4 network. `address` 0: none yet. */
export interface Ipv4Config {
  address: number;
  prefix: number;
  /** 0: none. */
  gateway: number;
}

/** Something that waits until a neighbour is resolved, or known to be absent. */
export interface LinkWaiter {
  onLink(reachable: boolean): void;
}

/** Packets on their way out: next hop, link address, headers. */
export class Ipv4Egress {
  readonly config: Ipv4Config = { address: 0, prefix: 0, gateway: 0 };
  readonly arp: ArpCache<LinkWaiter> = new ArpCache();
  readonly device: NetDevice;
  readonly macHigh: number;
  readonly macLow: number;
  /** The stack's time; set at the begin of each poll. */
  now = 0;
  readonly #bytes: ByteHelpers;
  readonly #counters: Counters;
  readonly #ethernet = createEthernetFields();
  readonly #ipv4 = createIpv4Fields();
  readonly #arpFields = createArpFields();
  #at = -1;
  #unresolved: Neighbour<LinkWaiter> | undefined;

  constructor(device: NetDevice, bytes: ByteHelpers, counters: Counters) {
    this.device = device;
    this.#bytes = bytes;
    this.#counters = counters;
    this.macHigh = macHigh(device.mac, 0);
    this.macLow = macLow(device.mac, 0);
  }

  /** Whether everybody on our network hears `address`. */
  isBroadcast(address: number): boolean {
    const { prefix } = this.config;
    if (address === LIMITED_BROADCAST) return true;
    return prefix < 31 && this.isOnLink(address) && (address | prefixMask(prefix)) === -1;
  }

  isOnLink(address: number): boolean {
    const { address: own, prefix } = this.config;
    return own !== 0 && ((address ^ own) & prefixMask(prefix)) === 0;
  }

  /** The neighbour that a packet for `destination` goes to; 0: no route. */
  nextHop(destination: number): number {
    return this.isOnLink(destination) ? destination : this.config.gateway;
  }

  /**
   * Writes Ethernet and IPv4 headers for a packet with `length` bytes of payload and returns where in `device.txBuffer` the
   * payload goes; -1: it cannot be sent (counted). Finish with {@link commit}.
   */
  begin(source: number, destination: number, protocol: number, length: number): number {
    const ethernet = this.#ethernet;
    this.#unresolved = undefined;
    if (destination === LIMITED_BROADCAST || this.isBroadcast(destination)) {
      ethernet.destinationHigh = 0xffff;
      ethernet.destinationLow = -1;
    } else if (isMulticast(destination)) {
      // RFC 1112 6.4.
      ethernet.destinationHigh = 0x0100;
      ethernet.destinationLow = 0x5e000000 | (destination & 0x7fffff);
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
    ipv4.identification = 0;
    // Never fragmented on the way: an atomic datagram, whose identification means nothing (RFC 6864 4.1).
    ipv4.fragment = DONT_FRAGMENT;
    ipv4.ttl = DEFAULT_TTL;
    ipv4.protocol = protocol;
    ipv4.source = source;
    ipv4.destination = destination;
    emitIpv4(this.device.txBuffer, at + ETHERNET_LENGTH, ipv4);
    this.#at = at;
    return at + ETHERNET_LENGTH + MIN_HEADER_LENGTH;
  }

  /** Sends the packet that `begin` started, or keeps it until the neighbour answers. */
  commit(length: number): void {
    const total = ETHERNET_LENGTH + MIN_HEADER_LENGTH + length;
    const neighbour = this.#unresolved;
    if (neighbour === undefined) {
      this.device.send(total);
      return;
    }
    neighbour.pending = this.device.txBuffer.slice(this.#at, this.#at + total);
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
        this.#sendArp(
          OPERATION_REQUEST,
          alone ? neighbour.high : 0xffff,
          alone ? neighbour.low : -1,
          neighbour.address,
        );
      });
      if (silent === undefined) return this.arp.pollAt();
      if (silent.pending !== undefined) this.#counters.dropped.unreachable++;
      for (const waiter of silent.waiters.splice(0)) waiter.onLink(false);
    }
  }

  /** The neighbour's MAC is known: out with what waited. */
  release(neighbour: Neighbour<LinkWaiter>): void {
    const frame = neighbour.pending;
    neighbour.pending = undefined;
    if (frame !== undefined) {
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

  /** Answers a request of the host with this MAC and address. */
  replyArp(high: number, low: number, address: number): void {
    this.#sendArp(OPERATION_REPLY, high, low, address);
  }

  /** Tells the network whose address this is (RFC 5227 3). */
  announce(): void {
    if (this.config.address !== 0) this.#sendArp(OPERATION_REQUEST, 0xffff, -1, this.config.address);
  }

  #sendArp(operation: 1 | 2, high: number, low: number, target: number): void {
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
    fields.senderAddress = this.config.address;
    fields.targetHigh = operation === OPERATION_REQUEST ? 0 : high;
    fields.targetLow = operation === OPERATION_REQUEST ? 0 : low;
    fields.targetAddress = target;
    emitArp(this.device.txBuffer, at + ETHERNET_LENGTH, fields);
    this.device.send(ETHERNET_LENGTH + ARP_LENGTH);
  }
}

import type { ByteHelpers, NetDevice } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import type { Egress } from "../egress.ts";
import type { Ipv4Egress, LinkWaiter } from "../ipv4/egress.ts";
import { PathMtuCache } from "../ipv4/path-mtu.ts";
import {
  createEthernetFields,
  HEADER_LENGTH as ETHERNET_LENGTH,
  emitEthernet,
  TYPE_IPV6,
  writeMac,
} from "../wire/ethernet.ts";
import {
  createIpv6Fields,
  DEFAULT_HOP_LIMIT,
  DESTINATION,
  emitIpv6Header,
  FRAGMENT,
  HEADER_LENGTH,
  MIN_MTU,
  SOURCE,
} from "../wire/ipv6.ts";
import { emitFragmentHeader, FRAGMENT_LENGTH } from "../wire/ipv6-extension.ts";
import { type AddressTable, isIpv6Multicast, LOOPBACK } from "./addresses.ts";
import type { Neighbour, NeighbourCache } from "./neighbours.ts";
import type { OwnAddresses } from "./own-addresses.ts";
import { selectSource } from "./policy.ts";
import type { Ipv6Routes } from "./routes.ts";

/** How long a choice of source address is kept, milliseconds. */
const SOURCE_KEPT = 1000;

export interface Ipv6EgressParts {
  /** The link: its device, MAC, time and packets to ourselves are the same for both families. */
  readonly link: Ipv4Egress;
  readonly bytes: ByteHelpers;
  readonly counters: Counters;
  readonly table: AddressTable;
  readonly neighbours: NeighbourCache<LinkWaiter>;
  readonly routes: Ipv6Routes;
  readonly own: OwnAddresses;
  /** A neighbour has a deadline now. */
  readonly onDue: (at: number) => void;
  readonly random: () => number;
}

/** IPv6 packets on their way out. */
export class Ipv6Egress implements Egress {
  readonly headerLength: number = HEADER_LENGTH;
  /** False: nothing is sent, and nothing is ours. */
  enabled = false;
  /** As routers say. */
  hopLimit = DEFAULT_HOP_LIMIT;
  mtu: number;
  readonly device: NetDevice;
  readonly table: AddressTable;
  readonly neighbours: NeighbourCache<LinkWaiter>;
  readonly routes: Ipv6Routes;
  readonly paths: PathMtuCache = new PathMtuCache(MIN_MTU);
  readonly #own: OwnAddresses;
  readonly #link: Ipv4Egress;
  readonly #bytes: ByteHelpers;
  readonly #counters: Counters;
  readonly #onDue: (at: number) => void;
  readonly #random: () => number;
  readonly #ethernet = createEthernetFields();
  readonly #fields = createIpv6Fields();
  #at = -1;
  #toUs = false;
  #unresolved: Neighbour<LinkWaiter> | undefined;
  /** The last choice of a source address. */
  #chosenFor = 0;
  #chosen = 0;
  #chosenUntil = 0;

  constructor(parts: Ipv6EgressParts) {
    this.#link = parts.link;
    this.device = parts.link.device;
    this.mtu = this.device.mtu;
    this.#bytes = parts.bytes;
    this.#counters = parts.counters;
    this.table = parts.table;
    this.neighbours = parts.neighbours;
    this.routes = parts.routes;
    this.#own = parts.own;
    this.#onDue = parts.onDue;
    this.#random = parts.random;
  }

  get now(): number {
    return this.#link.now;
  }

  isLocal(address: number): boolean {
    return this.enabled && (address === LOOPBACK || this.#own.isAssigned(address));
  }

  nextHop(destination: number): number {
    if (!this.enabled) return 0;
    return this.isLocal(destination) ? destination : this.routes.nextHop(destination);
  }

  doubt(destination: number): void {
    const neighbour = this.neighbours.doubt(this.nextHop(destination), this.now);
    if (neighbour !== undefined) this.#onDue(neighbour.dueAt);
  }

  sourceFor(destination: number): number {
    if (!this.enabled) return 0;
    if (this.isLocal(destination)) return destination;
    const { now } = this;
    if (destination === this.#chosenFor && now < this.#chosenUntil) return this.#chosen;
    const { table } = this;
    this.forgetSource();
    const source = selectSource(table, this.#own.candidates(now), destination);
    table.retain(destination);
    this.#chosenFor = destination;
    this.#chosen = source;
    this.#chosenUntil = now + SOURCE_KEPT;
    return source;
  }

  /** Our addresses have changed. */
  forgetSource(): void {
    this.table.release(this.#chosenFor);
    this.#chosenFor = 0;
    this.#chosen = 0;
  }

  pathMtu(destination: number): number {
    if (this.paths.size === 0) return this.mtu;
    return this.paths.get(this.table.identity(destination), this.mtu, this.now);
  }

  begin(source: number, destination: number, protocol: number, length: number, hops = this.hopLimit): number {
    const ethernet = this.#ethernet;
    this.#unresolved = undefined;
    this.#toUs = false;
    if (isIpv6Multicast(destination)) {
      const at = this.table.at(destination);
      const { bytes } = this.table;
      // RFC 2464 7.
      ethernet.destinationHigh = 0x3333;
      ethernet.destinationLow =
        (bytes[at + 12]! << 24) | (bytes[at + 13]! << 16) | (bytes[at + 14]! << 8) | bytes[at + 15]!;
    } else if (this.isLocal(destination)) {
      this.#toUs = true;
      ethernet.destinationHigh = this.#link.macHigh;
      ethernet.destinationLow = this.#link.macLow;
    } else {
      const hop = this.nextHop(destination);
      if (hop === 0) {
        this.#counters.dropped.unreachable++;
        return -1;
      }
      const neighbour = this.resolve(hop);
      if (neighbour.state === "INCOMPLETE") this.#unresolved = neighbour;
      ethernet.destinationHigh = neighbour.high;
      ethernet.destinationLow = neighbour.low;
    }
    return this.#emit(source, destination, protocol, length, hops);
  }

  /** As `begin`, to a neighbour whose MAC is known. */
  beginTo(
    high: number,
    low: number,
    source: number,
    destination: number,
    protocol: number,
    length: number,
    hops: number,
  ): number {
    this.#unresolved = undefined;
    this.#toUs = false;
    this.#ethernet.destinationHigh = high;
    this.#ethernet.destinationLow = low;
    return this.#emit(source, destination, protocol, length, hops);
  }

  #emit(source: number, destination: number, protocol: number, length: number, hops: number): number {
    const { device, table } = this;
    const at = device.reserve();
    if (at < 0) {
      this.#counters.dropped.transmit++;
      return -1;
    }
    const ethernet = this.#ethernet;
    ethernet.sourceHigh = this.#link.macHigh;
    ethernet.sourceLow = this.#link.macLow;
    ethernet.type = TYPE_IPV6;
    const into = device.txBuffer;
    emitEthernet(into, at, ethernet);
    const fields = this.#fields;
    fields.payloadLength = length;
    fields.nextHeader = protocol;
    fields.hopLimit = hops;
    const ip = at + ETHERNET_LENGTH;
    emitIpv6Header(into, ip, fields);
    this.#bytes.copy(into, ip + SOURCE, table.bytes, table.at(source), 16);
    this.#bytes.copy(into, ip + DESTINATION, table.bytes, table.at(destination), 16);
    this.#at = at;
    return ip + HEADER_LENGTH;
  }

  /** The neighbour, and the word that it has a deadline. */
  resolve(hop: number): Neighbour<LinkWaiter> {
    const neighbour = this.neighbours.resolve(hop, this.now);
    if (neighbour.dueAt !== Number.POSITIVE_INFINITY) this.#onDue(neighbour.dueAt);
    return neighbour;
  }

  commit(length: number): void {
    const total = ETHERNET_LENGTH + HEADER_LENGTH + length;
    if (this.#toUs) {
      this.#link.loop(this.#at, total);
      return;
    }
    const neighbour = this.#unresolved;
    if (neighbour === undefined) this.device.send(total);
    else if (!this.neighbours.keep(neighbour, this.device.txBuffer.slice(this.#at, this.#at + total))) {
      this.#counters.dropped.unreachable++;
    }
  }

  sendFragments(
    source: number,
    destination: number,
    protocol: number,
    payload: Uint8Array,
    length: number,
    hops = this.hopLimit,
  ): void {
    const room = this.pathMtu(destination) - HEADER_LENGTH;
    if (length <= room) {
      const at = this.begin(source, destination, protocol, length, hops);
      if (at < 0) return;
      this.#bytes.copy(this.device.txBuffer, at, payload, 0, length);
      this.commit(length);
      return;
    }
    const piece = (room - FRAGMENT_LENGTH) & ~7;
    // "different than that of any other fragmented packet sent recently", and not to be guessed (RFC 8200 4.5, RFC 7739).
    const identification = this.#random();
    for (let sent = 0; sent < length; sent += piece) {
      const part = Math.min(piece, length - sent);
      const at = this.begin(source, destination, FRAGMENT, FRAGMENT_LENGTH + part, hops);
      if (at < 0) return;
      const into = this.device.txBuffer;
      emitFragmentHeader(into, at, protocol, sent, sent + part < length, identification);
      this.#bytes.copy(into, at + FRAGMENT_LENGTH, payload, sent, part);
      this.commit(FRAGMENT_LENGTH + part);
    }
  }

  /** The neighbour's MAC is known: out with what waited. */
  release(neighbour: Neighbour<LinkWaiter>): void {
    for (const frame of this.neighbours.takePending(neighbour)) {
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
}

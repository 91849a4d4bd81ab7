import type { ByteHelpers, Rng } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import { Dhcpv6Client } from "../dhcpv6/client.ts";
import { Icmpv6Layer } from "../icmp/layer6.ts";
import type { Ipv4Egress, LinkWaiter } from "../ipv4/egress.ts";
import type { UdpLayer } from "../udp/layer.ts";
import { CLIENT_PORT, emitInformationRequest, parseDhcpv6Reply, REQUEST_LENGTH, SERVER_PORT } from "../wire/dhcpv6.ts";
import { HEADER_LENGTH as ETHERNET_LENGTH } from "../wire/ethernet.ts";
import { emitIcmpv6, LISTENER_QUERY, LISTENER_REPORT, patchIcmpv6Checksum } from "../wire/icmpv6.ts";
import { HOP_BY_HOP, PROTOCOL_ICMPV6 } from "../wire/ipv6.ts";
import { emitRouterAlert, ROUTER_ALERT_LENGTH } from "../wire/ipv6-extension.ts";
import { emitRecord, QUERY_GROUP, QUERY_LENGTH, RECORD_LENGTH, REPORT_LENGTH, responseDelay } from "../wire/mld.ts";
import { type AddressTable, ALL_DHCP_SERVERS, ALL_MLD_ROUTERS, isIpv6, isLinkLocal, UNSPECIFIED } from "./addresses.ts";
import { Ipv6Egress } from "./egress.ts";
import { InterfaceIdentifiers } from "./identifiers.ts";
import { Ipv6Input } from "./input.ts";
import { MulticastListener } from "./listener.ts";
import { NeighborDiscovery } from "./ndp.ts";
import { NeighbourCache } from "./neighbours.ts";
import { OwnAddresses } from "./own-addresses.ts";
import type { Ipv6Packet } from "./packet.ts";
import { isNative } from "./policy.ts";
import { Ipv6Routes } from "./routes.ts";
import { RouterSolicitation } from "./solicitation.ts";

export interface Ipv6HostParts {
  readonly link: Ipv4Egress;
  readonly bytes: ByteHelpers;
  readonly rng: Rng;
  readonly counters: Counters;
  readonly table: AddressTable;
  /** It is made later. */
  readonly udp: () => UdpLayer;
  readonly tcp: (bytes: Uint8Array, packet: Ipv6Packet) => void;
  /** Something is due at that time: the stack polls `dispatch` then. */
  readonly onDue: (at: number) => void;
  /** Our addresses, routes or servers have changed. */
  readonly onChange: () => void;
  /** Of interface identifiers, 16 bytes; without it is drawn. */
  readonly secret: Uint8Array | undefined;
}

/** What the command line says of IPv6. */
export interface Ipv6Options {
  /** Addresses and prefix lengths; none: those that routers' prefixes make. */
  readonly addresses: readonly { readonly address: number; readonly prefix: number }[];
  /** 0: as routers say. */
  readonly gateway: number;
  /** Whether to speak from temporary addresses (RFC 8981). */
  readonly temporary?: boolean;
}

/** The IPv6 half of a stack: its machines, and when they are due. */
export class Ipv6Host {
  readonly egress: Ipv6Egress;
  readonly icmp: Icmpv6Layer;
  readonly input: Ipv6Input;
  readonly own: OwnAddresses;
  readonly neighbours: NeighbourCache<LinkWaiter>;
  readonly routes: Ipv6Routes;
  readonly #parts: Ipv6HostParts;
  readonly #ndp: NeighborDiscovery;
  readonly #listener: MulticastListener;
  readonly #solicitation: RouterSolicitation;
  readonly #dhcp: Dhcpv6Client;
  #asksDhcp = false;

  constructor(parts: Ipv6HostParts) {
    this.#parts = parts;
    const { link, bytes, counters, table, rng } = parts;
    const random = (): number => rng.uint32();
    const fraction = (): number => rng.uint32() / 0x100000000;
    const retain = (address: number): void => table.retain(address);
    const release = (address: number): void => table.release(address);
    this.neighbours = new NeighbourCache({ retain, release, random });
    this.routes = new Ipv6Routes(table);
    const solicitation = new RouterSolicitation(fraction);
    this.#solicitation = solicitation;
    this.#listener = new MulticastListener(table, fraction);
    this.own = new OwnAddresses(
      table,
      new InterfaceIdentifiers(random, link.device.mac, parts.secret),
      {
        onAdded: (address) => void this.#listener.join(table.solicitedNode(address), link.now),
        onRemoved: (address) => {
          this.#listener.leave(table.solicitedNode(address), link.now);
          this.#changed();
        },
        onAssigned: (address) => {
          // Reports from no address count for nothing with some switches (RFC 3590 4); routers answer to one.
          if (isLinkLocal(address)) this.#listener.refresh(link.now);
          this.#changed();
        },
      },
      fraction,
    );
    const { own } = this;
    const onDue = parts.onDue;
    const egress = new Ipv6Egress({
      link,
      bytes,
      counters,
      table,
      neighbours: this.neighbours,
      routes: this.routes,
      own,
      onDue,
      random,
    });
    this.egress = egress;
    this.icmp = new Icmpv6Layer(egress, bytes, counters);
    this.icmp.onControl = (type, data, at, length, packet) => this.#control(type, data, at, length, packet);
    this.#dhcp = new Dhcpv6Client(random);
    this.#ndp = new NeighborDiscovery({
      egress,
      own,
      solicitation,
      table,
      bytes,
      counters,
      onRouter: (stateless) => {
        if (stateless) this.#startDhcp();
        this.#changed();
      },
      onChange: () => this.#due(),
    });
    this.input = new Ipv6Input({
      egress,
      table,
      bytes,
      counters,
      icmp: this.icmp,
      isMember: (group) => this.#listener.isMember(group),
      tcp: parts.tcp,
      udp: (data, packet) => parts.udp().receiveIpv6(data, packet),
      onDue,
    });
  }

  /** Begins to find out about the link: sends with the next dispatch, and waits for nobody. */
  start({ addresses, gateway, temporary = false }: Ipv6Options): void {
    const { egress, routes, own } = this;
    const { now } = egress;
    const { table } = this.#parts;
    egress.enabled = true;
    own.temporary = temporary;
    own.addLinkLocal(now);
    for (const { address, prefix } of addresses) {
      own.addManual(address, prefix, now);
      const network = table.bytes.slice(table.at(address), table.at(address) + 16);
      routes.setOnLink(network, prefix, Number.POSITIVE_INFINITY, now);
    }
    if (gateway !== 0) routes.add({ bytes: new Uint8Array(16), prefix: 0, gateway });
    // Who was given an address wants that one.
    this.#ndp.autoconfigure = addresses.length === 0;
    this.#solicitation.start(now);
    this.#changed();
  }

  /** Name servers that routers and DHCPv6 told of. */
  get servers(): readonly number[] {
    const told = this.#ndp.servers(this.egress.now);
    const { table } = this.#parts;
    for (const server of this.#dhcp.information?.servers ?? []) {
      table.epoch++;
      const address = table.intern(server, 0);
      if (address !== 0 && !told.includes(address)) told.push(address);
    }
    return told;
  }

  get domains(): readonly string[] {
    return [...new Set([...this.#ndp.domains(this.egress.now), ...(this.#dhcp.information?.domains ?? [])])];
  }

  /** The router that packets go to without a better route; 0: none. */
  get gateway(): number {
    return this.routes.routers[0] ?? this.routes.defaultGateway;
  }

  /** Whether we have an address that is like most of the Internet's. */
  get isGlobal(): boolean {
    const { table } = this.#parts;
    return this.own.list.some(
      ({ address, tentative }) => !tentative && !isLinkLocal(address) && isNative(table, address),
    );
  }

  join(group: number): boolean {
    const joined = this.#listener.join(group, this.egress.now);
    this.#due();
    return joined;
  }

  leave(group: number): void {
    this.#listener.leave(group, this.egress.now);
    this.#due();
  }

  pollAt(): number {
    if (!this.egress.enabled) return Number.POSITIVE_INFINITY;
    return Math.min(
      this.neighbours.pollAt(),
      this.own.pollAt(),
      this.#listener.pollAt(),
      this.#solicitation.pollAt(),
      this.routes.pollAt(),
      this.#dhcp.pollAt(),
      this.input.reassembly.pollAt(),
    );
  }

  dispatch(now: number): void {
    const { own, routes, neighbours, input } = this;
    const { table, counters } = this.#parts;
    table.epoch++;
    // Reports before probes: a switch that snoops must let the answers through (RFC 4862 5.4.2).
    if (this.#listener.pollAt() <= now) this.#listener.dispatch(now, (records) => this.#report(records));
    if (own.pollAt() <= now) own.dispatch(now, (address) => this.#ndp.probe(address));
    if (this.#solicitation.dispatch(now)) this.#ndp.solicitRouters();
    if (routes.pollAt() <= now) {
      routes.expire(now);
      this.#changed();
    }
    if (neighbours.pollAt() <= now) {
      this.#ndp.dispatchNeighbours(now, (_address, waiters, frames) => {
        for (const waiter of waiters) waiter.onLink(false);
        for (const frame of frames) {
          counters.dropped.unreachable++;
          this.icmp.unresolved(frame.subarray(ETHERNET_LENGTH));
        }
      });
    }
    this.#dhcp.dispatch(now, (transaction, elapsed) => this.#askDhcp(transaction, elapsed));
    input.expire(now);
  }

  #due(): void {
    this.#parts.onDue(this.pollAt());
  }

  #changed(): void {
    this.egress.forgetSource();
    this.input.forget();
    // Links that connections know may lead another way now.
    this.neighbours.epoch++;
    this.#due();
    this.#parts.onChange();
  }

  #control(type: number, bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet): void {
    if (type !== LISTENER_QUERY) this.#ndp.process(type, bytes, at, length, packet);
    else this.#queried(bytes, at, length, packet);
  }

  /** "a link-local source address, … a hop limit of 1" (RFC 3810 5.1.14, 6.2). Those of version 1 are shorter, and are not answered. */
  #queried(bytes: Uint8Array, at: number, length: number, packet: Ipv6Packet): void {
    if (length < QUERY_LENGTH || packet.hopLimit !== 1 || !isLinkLocal(packet.source)) {
      this.#parts.counters.dropped.ndpMalformed++;
      return;
    }
    const { table } = this.#parts;
    const group = table.intern(bytes, at + QUERY_GROUP);
    const delay = responseDelay((bytes[at + 4]! << 8) | bytes[at + 5]!);
    this.#listener.queried(group === UNSPECIFIED ? 0 : group, delay, this.egress.now);
    this.#due();
  }

  #report(records: readonly { readonly group: number; readonly type: number }[]): void {
    const { egress } = this;
    const { table, bytes } = this.#parts;
    const length = REPORT_LENGTH + records.length * RECORD_LENGTH;
    const source = this.own.linkLocal || UNSPECIFIED;
    const at = egress.begin(source, ALL_MLD_ROUTERS, HOP_BY_HOP, ROUTER_ALERT_LENGTH + length, 1);
    if (at < 0) return;
    const into = egress.device.txBuffer;
    emitRouterAlert(into, at, PROTOCOL_ICMPV6);
    const message = at + ROUTER_ALERT_LENGTH;
    emitIcmpv6(into, message, { type: LISTENER_REPORT, code: 0, rest: records.length });
    records.forEach(({ group, type }, index) => {
      const record = message + REPORT_LENGTH + index * RECORD_LENGTH;
      emitRecord(into, record, type);
      table.write(group, into, record + 4);
    });
    const pseudo = bytes.checksum(into, at - 32, 32, PROTOCOL_ICMPV6 + length);
    patchIcmpv6Checksum(into, message, bytes.checksum(into, message, length, pseudo));
    egress.commit(ROUTER_ALERT_LENGTH + length);
  }

  #startDhcp(): void {
    if (!this.#asksDhcp) {
      this.#asksDhcp = true;
      const { mac } = this.egress.device;
      this.#parts.udp().bind(CLIENT_PORT, (bytes, at, length, source) => {
        const reply = isIpv6(source) ? parseDhcpv6Reply(bytes, at, length, mac) : undefined;
        if (reply !== undefined && this.#dhcp.process(reply, this.egress.now)) this.#changed();
        return true;
      });
    }
    this.#dhcp.start(this.egress.now);
  }

  #askDhcp(transaction: number, elapsed: number): void {
    const message = new Uint8Array(REQUEST_LENGTH);
    const length = emitInformationRequest(message, 0, transaction, this.egress.device.mac, elapsed);
    if (this.own.linkLocal === 0) return;
    this.#parts.udp().send(CLIENT_PORT, ALL_DHCP_SERVERS, SERVER_PORT, message, 0, length);
  }
}

import type { ByteHelpers, Logger, NetDevice, Pollable, Rng, Wakeup } from "@soloist/interface";
import { AddressDefense } from "./arp/defense.ts";
import { type Counters, createCounters } from "./counters.ts";
import { DhcpClient } from "./dhcp/client.ts";
import { DhcpInform, type Information } from "./dhcp/inform.ts";
import { IcmpLayer } from "./icmp/layer.ts";
import { Ipv4Egress, type LocalAddress } from "./ipv4/egress.ts";
import { Reassembly } from "./ipv4/reassembly.ts";
import type { Route } from "./ipv4/routes.ts";
import { AddressTable, ANY_IPV4 } from "./ipv6/addresses.ts";
import { Ipv6Host, type Ipv6Options } from "./ipv6/host.ts";
import { SILENT } from "./log.ts";
import { trusting } from "./offload.ts";
import { TcpLayer } from "./tcp/layer.ts";
import { UdpLayer } from "./udp/layer.ts";
import { createArpFields, OPERATION_REQUEST, parseArp } from "./wire/arp.ts";
import { CLIENT_PORT, type DhcpMessage, emitDhcp, parseDhcp, SERVER_PORT } from "./wire/dhcpv4.ts";
import {
  HEADER_LENGTH as ETHERNET_LENGTH,
  formatMac,
  macHigh,
  macLow,
  TYPE_ARP,
  TYPE_IPV4,
  TYPE_IPV6,
} from "./wire/ethernet.ts";
import { CODE_PROTOCOL_UNREACHABLE, ECHO_REQUEST } from "./wire/icmpv4.ts";
import {
  createIpv4Fields,
  DESTINATION,
  FRAGMENT_OFFSET,
  type Ipv4Fields,
  MORE_FRAGMENTS,
  PROTOCOL,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv4,
  SOURCE,
} from "./wire/ipv4.ts";
import { formatAddress, isLoopback, isMulticast, LIMITED_BROADCAST, readAddress } from "./wire/ipv4-address.ts";
import { ADDRESS, MAC_END, MAC_TOP, REMOTE, SEGMENT_FIELDS } from "./wire/segment-fields.ts";

/** Frames taken in one poll: then whoever was woken gets its turn, and the next poll follows at once. */
export const MAX_FRAMES = 256;
/** How soon to try again when the device had no room to send, milliseconds. */
const TRANSMIT_RETRY = 0.2;

export interface NetStackOptions {
  /** Bytes that all send and receive buffers may hold together before windows shrink. */
  readonly memory: number;
  /** Loggers by source: `net.tcp`, `net.dhcp`, `net.arp`. */
  readonly log?: (source: string) => Logger;
  /** What IPv6's stable identifiers are made with, 16 bytes; without it is drawn. */
  readonly secret?: Uint8Array | undefined;
}

/** The poll loop: frames in, timers, frames out. */
export class NetStack implements Pollable {
  readonly device: NetDevice;
  readonly counters: Counters = createCounters();
  readonly egress: Ipv4Egress;
  readonly ipv6: Ipv6Host;
  /** Addresses of both families as text. */
  readonly addresses: AddressTable;
  readonly tcp: TcpLayer;
  readonly udp: UdpLayer;
  readonly icmp: IcmpLayer;
  /** Called when an address of ours appears, changes or goes. */
  onAddress: () => void = () => {};
  /** Called when the lease is new, was prolonged, or is lost. */
  onLease: (lease: DhcpClient["lease"]) => void = () => {};
  readonly #bytes: ByteHelpers;
  readonly #rng: Rng;
  readonly #ipv4 = createIpv4Fields();
  readonly #arpFields = createArpFields();
  readonly #macHigh: number;
  readonly #macLow: number;
  /** What `parseSegment` reads and writes. */
  readonly #fields = new Int32Array(SEGMENT_FIELDS);
  /** Frames that took the fast path. */
  #fast = 0;
  /** When DHCP, fragments or announcements are due: seldom, so that a poll looks at one number for all. */
  #rareAt: number = Number.POSITIVE_INFINITY;
  #dhcp: DhcpClient | undefined;
  #inform: DhcpInform | undefined;
  #dhcpBuffer: Uint8Array | undefined;
  #deferred = false;
  readonly #reassembly: Reassembly;
  readonly #whole = createIpv4Fields();
  readonly #defense = new AddressDefense();
  readonly #arpLog: Logger;
  readonly #dhcpLog: Logger;

  constructor(device: NetDevice, bytes: ByteHelpers, rng: Rng, wakeup: Wakeup, options: NetStackOptions) {
    const log = options.log ?? (() => SILENT);
    this.#arpLog = log("net.arp");
    this.#dhcpLog = log("net.dhcp");
    this.device = device;
    this.#bytes = bytes;
    this.#rng = rng;
    this.egress = new Ipv4Egress(device, bytes, this.counters, rng.uint32() & 0xffff);
    this.#reassembly = new Reassembly(bytes);
    this.addresses = new AddressTable(() => rng.uint32(), device.name);
    this.ipv6 = new Ipv6Host({
      link: this.egress,
      bytes,
      rng,
      counters: this.counters,
      table: this.addresses,
      udp: () => this.udp,
      tcp: (data, packet) => this.tcp.receiveIpv6(data, packet),
      onDue: (at) => {
        if (at < this.#rareAt) this.#rareAt = at;
      },
      onChange: () => this.onAddress(),
      secret: options.secret,
    });
    const { egress: ipv6 } = this.ipv6;
    this.icmp = new IcmpLayer(this.egress, bytes, this.counters);
    const transport = trusting(device, bytes);
    this.udp = new UdpLayer(this.egress, this.ipv6, transport, rng, this.counters, this.icmp);
    this.tcp = new TcpLayer(this.egress, ipv6, transport, rng, this.counters, wakeup, options.memory);
    this.tcp.log = log("net.tcp");
    this.tcp.loggers = options.log;
    this.icmp.sinks = {
      udp: (local, remote, remotePort, failure) => this.udp.onIcmpError(local, remote, remotePort, failure),
      tcp: (address, local, remote, remotePort, sequence, failure) =>
        this.tcp.onIcmpError(address, local, remote, remotePort, sequence, failure),
      pathMtu: (address, local, remote, remotePort, mtu) => this.tcp.onPathMtu(address, local, remote, remotePort, mtu),
    };
    this.ipv6.icmp.sinks = this.icmp.sinks;
    this.egress.onUnresolved = (packet) => this.icmp.unresolved(packet);
    this.#macHigh = macHigh(device.mac, 0);
    this.#macLow = macLow(device.mac, 0);
    const mac = new DataView(device.mac.buffer, device.mac.byteOffset, 6);
    this.#fields[MAC_TOP] = mac.getInt32(0);
    this.#fields[MAC_END] = mac.getUint16(4);
    // Counted apart, because counting in the record costs 0.1 us a segment.
    const { tcp } = this.counters;
    let slow = 0;
    Object.defineProperty(tcp, "received", {
      enumerable: true,
      get: () => slow + this.#fast,
      set: (value: number) => {
        slow = value - this.#fast;
      },
    });
  }

  /** Bytes of datagrams in pieces. */
  get fragmentBytes(): number {
    return this.#reassembly.held + this.ipv6.input.reassembly.held;
  }

  get lease(): DhcpClient["lease"] {
    return this.#dhcp?.lease;
  }

  /** Takes an address of its own; probed for and announced with the next poll. */
  configure(address: number, prefix: number, gateway: number): void {
    this.configureAll(address === 0 ? [] : [{ address, prefix }], gateway, [], false);
  }

  /** Takes these addresses and routes. `replaceable`: a DHCP server gives another one when somebody has it already. */
  configureAll(
    addresses: readonly LocalAddress[],
    gateway: number,
    routes: readonly Route[],
    replaceable: boolean,
  ): void {
    this.egress.configure(addresses, gateway, routes);
    this.#fields[ADDRESS] = this.egress.config.address;
    if (addresses.length > 0) this.#defense.start(this.tcp.now, replaceable);
    else this.#defense.stop();
    this.#schedule();
    this.onAddress();
  }

  /** Speaks IPv6 from the next poll on; nothing waits for its addresses. */
  startIpv6(options: Ipv6Options): void {
    this.ipv6.start(options);
  }

  /** Asks for an address, first for the one that is remembered, and keeps it. */
  startDhcp(hostName = "", remembered = 0): void {
    if (this.#dhcp !== undefined) return;
    const client = new DhcpClient(this.device.mac, () => this.#rng.uint32(), hostName, remembered);
    this.#dhcp = client;
    this.#bindDhcp((message) => {
      const before = client.lease;
      if (client.process(message, this.tcp.now)) this.#onLease();
      if (client.lease !== before) this.onLease(client.lease);
    });
  }

  /** Asks what DHCP servers know beside addresses: ours was given to us. */
  startInform(hostName = ""): void {
    const { address } = this.egress.config;
    const inform = new DhcpInform(this.device.mac, address, () => this.#rng.uint32(), hostName, this.tcp.now);
    this.#inform = inform;
    this.#bindDhcp((message) => {
      if (inform.process(message)) this.onAddress();
    });
  }

  #bindDhcp(take: (message: DhcpMessage) => void): void {
    this.udp.bind(CLIENT_PORT, (bytes, at, length) => {
      const message = parseDhcp(bytes, at, length);
      if (message !== undefined) take(message);
      this.#schedule();
      return true;
    });
    this.udp.narrow(CLIENT_PORT, ANY_IPV4, 0, 0);
    this.#schedule();
  }

  /** What a DHCP server told beside an address. */
  get told(): Information | undefined {
    return this.#dhcp?.lease ?? this.#inform?.information;
  }

  poll(now: number): number {
    const tcp = this.tcp;
    const egress = this.egress;
    tcp.now = now;
    egress.now = now;
    // What the last poll woke has run: its answers and the acknowledgments go out together.
    let sent = true;
    if (this.#deferred) {
      this.#deferred = false;
      sent = tcp.flush(now);
    }
    tcp.woken = false;

    const device = this.device;
    let frames = 0;
    let length = device.read();
    if (length > 0) {
      const bytes = device.rxBuffer;
      const parse = this.#bytes.parseSegment;
      const fields = this.#fields;
      let fast = 0;
      do {
        const at = device.rxOffset;
        // TCP for us that is whole and what its connection expects: whatever else goes the long way.
        const version = parse(bytes, at, length, device.rxChecked === true, fields);
        const taken =
          version === 4
            ? tcp.receiveFast(fields, bytes, fields[REMOTE]!, fields[ADDRESS]!)
            : version === 6 && this.ipv6.input.receiveFast(tcp, fields, bytes, at);
        if (taken) fast++;
        else this.#frame(bytes, at, length);
        if (++frames === MAX_FRAMES) break;
        length = device.read();
      } while (length > 0);
      this.#fast += fast;
    }
    const { timers } = tcp;
    if (timers.first <= now) tcp.expire(now);
    if (tcp.sweepAt <= now) tcp.sweep();
    if (this.#rareAt <= now) this.#dispatchRare(now);
    if (egress.looped.length > 0) this.#takeLooped();

    if (tcp.woken) {
      this.#deferred = true;
      return now;
    }
    if (tcp.queue.length > 0 && !tcp.flush(now)) sent = false;
    let next = timers.first;
    if (egress.arp.asking) {
      const at = egress.dispatchArp(now);
      if (at < next) next = at;
      // Whoever waited for a neighbour that never answered has been told.
      if (tcp.woken) return now;
    }
    if (frames === MAX_FRAMES) return now;
    if (tcp.sweepAt < next) next = tcp.sweepAt;
    if (this.#rareAt < next) next = this.#rareAt;
    // What we sent to ourselves has arrived.
    if (egress.looped.length > 0) return now;
    if (!sent && now + TRANSMIT_RETRY < next) next = now + TRANSMIT_RETRY;
    return next;
  }

  #frame(bytes: Uint8Array, at: number, length: number): void {
    const dropped = this.counters.dropped;
    if (length < ETHERNET_LENGTH) {
      dropped.ethernetMalformed++;
      return;
    }
    const group = (bytes[at]! & 1) !== 0;
    if (!group && (macLow(bytes, at) !== this.#macLow || macHigh(bytes, at) !== this.#macHigh)) {
      dropped.ethernetNotOurs++;
      return;
    }
    const type = (bytes[at + 12]! << 8) | bytes[at + 13]!;
    if (type === TYPE_IPV4) this.#ip(bytes, at + ETHERNET_LENGTH, length - ETHERNET_LENGTH, group, false);
    else if (type === TYPE_IPV6) this.#ipv6(bytes, at + ETHERNET_LENGTH, length - ETHERNET_LENGTH, group, false);
    else if (type === TYPE_ARP) this.#arp(bytes, at + ETHERNET_LENGTH, length - ETHERNET_LENGTH);
    else dropped.ethernetType++;
  }

  /** Frames that we sent to ourselves: those that were there when it began, so that a poll ends. */
  #takeLooped(): void {
    const { egress } = this;
    const frames = egress.looped;
    egress.looped = [];
    for (const frame of frames) {
      const length = frame.length - ETHERNET_LENGTH;
      if (((frame[12]! << 8) | frame[13]!) === TYPE_IPV6) this.#ipv6(frame, ETHERNET_LENGTH, length, false, true);
      else this.#ip(frame, ETHERNET_LENGTH, length, false, true);
    }
  }

  #ipv6(bytes: Uint8Array, at: number, length: number, group: boolean, looped: boolean): void {
    const { ipv6 } = this;
    if (ipv6.egress.enabled) ipv6.input.receive(bytes, at, length, group, looped);
    else this.counters.dropped.ethernetType++;
  }

  /** `looped`: it never was on the wire, so that its addresses may both be ours. */
  #ip(bytes: Uint8Array, at: number, length: number, group: boolean, looped: boolean): void {
    const ip = this.#ipv4;
    const dropped = this.counters.dropped;
    if (!parseIpv4(bytes, at, length, ip)) {
      dropped.ipv4Malformed++;
      return;
    }
    if (this.#bytes.checksum(bytes, at, ip.headerLength, 0) !== 0xffff) {
      dropped.ipv4Checksum++;
      return;
    }
    const unicast = !group && (looped || this.egress.isOwn(ip.destination));
    if (!unicast && !this.#takes(ip.destination, group)) {
      dropped.ipv4Destination++;
      return;
    }
    if (!looped && !this.#sourceIsHost(ip.source)) {
      dropped.ipv4Source++;
      return;
    }
    if ((ip.fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) === 0) {
      this.#transport(bytes, at, ip, unicast);
      return;
    }
    const reassembly = this.#reassembly;
    const outcome = reassembly.process(bytes, at, ip, this.tcp.now);
    this.#schedule();
    if (outcome === "complete") {
      this.counters.reassembled++;
      const { bytes: whole, length: payload } = reassembly.complete;
      if (parseIpv4(whole, 0, payload + 20, this.#whole)) this.#transport(whole, 0, this.#whole, unicast);
    } else if (outcome !== "kept" && outcome !== "duplicate") {
      dropped.ipv4Fragment++;
    }
  }

  #transport(bytes: Uint8Array, at: number, ip: Ipv4Fields, unicast: boolean): void {
    const payloadAt = at + ip.headerLength;
    const payloadLength = ip.totalLength - ip.headerLength;
    if (ip.protocol === PROTOCOL_TCP) {
      if (unicast) this.tcp.receive(bytes, payloadAt, payloadLength, ip);
      else this.counters.dropped.ipv4Protocol++;
    } else if (ip.protocol === PROTOCOL_UDP) {
      this.udp.receive(bytes, payloadAt, payloadLength, ip, at, unicast);
    } else if (ip.protocol === PROTOCOL_ICMP) {
      this.icmp.receive(bytes, payloadAt, payloadLength, ip, unicast);
    } else {
      this.counters.dropped.ipv4Protocol++;
      if (unicast) this.icmp.unreachable(bytes, at, ip, CODE_PROTOCOL_UNREACHABLE);
    }
  }

  /** Broadcasts, groups that somebody joined; and while DHCP looks for an address, whatever comes for our MAC. */
  #takes(destination: number, group: boolean): boolean {
    if (this.egress.isBroadcast(destination)) return true;
    if (isMulticast(destination)) return group && this.udp.isMember(destination);
    return !group && this.egress.config.address === 0 && this.#dhcp !== undefined && !isLoopback(destination);
  }

  /** RFC 1122 3.2.1.3: no broadcast, no multicast, not ourselves, and not the loopback network. */
  #sourceIsHost(source: number): boolean {
    const { egress } = this;
    return (
      source >>> 24 !== 127 &&
      source >>> 24 < 224 &&
      source !== 0 &&
      !egress.isOwn(source) &&
      !egress.isBroadcast(source)
    );
  }

  #expireFragments(now: number): void {
    const reassembly = this.#reassembly;
    for (let lost = reassembly.expire(now); lost !== undefined; lost = reassembly.expire(now)) {
      this.counters.dropped.ipv4Reassembly++;
      const { bytes, length } = lost;
      if (length === 0) continue;
      // Never an error about an error (RFC 1122 3.2.2), nor about what was for a group.
      if (bytes[PROTOCOL] === PROTOCOL_ICMP && bytes[20] !== ECHO_REQUEST) continue;
      const destination = readAddress(bytes, DESTINATION);
      if (!this.egress.isOwn(destination)) continue;
      this.icmp.reassemblyTimedOut(bytes, readAddress(bytes, SOURCE), destination, length);
    }
  }

  #arp(bytes: Uint8Array, at: number, length: number): void {
    const fields = this.#arpFields;
    const { egress } = this;
    if (!parseArp(bytes, at, length, fields)) {
      this.counters.dropped.arpMalformed++;
      return;
    }
    const ours = fields.senderHigh === this.#macHigh && fields.senderLow === this.#macLow;
    if (ours) return;
    if (egress.isOwn(fields.senderAddress)) {
      this.#onConflict(fields.senderAddress);
      return;
    }
    if (egress.config.address === 0) return;
    // A probe (RFC 5227 2.1.1) has no sender yet.
    if (fields.senderAddress !== 0 && !egress.isOnLink(fields.senderAddress)) return;
    const asked = egress.isOwn(fields.targetAddress) ? fields.targetAddress : 0;
    const answered = egress.arp.process(fields, asked, this.tcp.now);
    if (fields.operation === OPERATION_REQUEST && asked !== 0) {
      egress.replyArp(fields.senderHigh, fields.senderLow, fields.senderAddress, asked);
    }
    if (answered !== undefined) egress.release(answered);
  }

  /** Somebody else uses an address of ours (RFC 5227 2.4). */
  #onConflict(address: number): void {
    this.counters.arpConflicts++;
    const { now } = this.tcp;
    const verdict = this.#defense.conflict(now);
    const mac = formatMac(this.device.rxBuffer.subarray(this.device.rxOffset + 6, this.device.rxOffset + 12));
    this.#arpLog.warn("another machine uses our address", { address: formatAddress(address), mac, verdict });
    if (verdict === "defend") {
      this.egress.announce(address);
    } else if (verdict === "lose" && this.#dhcp !== undefined && address === this.#dhcp.lease?.address) {
      this.#dhcp.decline(now, (message, server) => this.#sendDhcp(message, server));
      this.#onLease();
      this.onLease(undefined);
      this.#schedule();
    }
  }

  #dispatchDefense(now: number): void {
    const due = this.#defense.dispatch(now);
    if (due === undefined) return;
    for (const { address } of this.egress.addresses) {
      if (due === "probe") this.egress.probe(address);
      this.egress.announce(address);
    }
  }

  /** Gives the lease back, if there is one: the network is no longer used. */
  release(): void {
    if (this.#dhcp?.lease === undefined) return;
    const { egress } = this;
    this.#dhcp.release((message, server) => {
      // Nobody will be there to hear the answer of a server whose MAC is not known: then everybody is told.
      const known = egress.arp.resolve(egress.nextHop(server), egress.now).resolved;
      this.#sendDhcp(message, known ? server : 0);
    });
    this.#schedule();
  }

  #dispatchRare(now: number): void {
    if (this.#dhcp !== undefined) this.#dispatchDhcp(this.#dhcp, now);
    this.#inform?.dispatch(now, (message, server) => this.#sendDhcp(message, server));
    this.#dispatchDefense(now);
    this.#expireFragments(now);
    if (this.ipv6.egress.enabled) this.ipv6.dispatch(now);
    this.#schedule();
  }

  #schedule(): void {
    const dhcpAt = (this.#dhcp ?? this.#inform)?.pollAt() ?? Number.POSITIVE_INFINITY;
    this.#rareAt = Math.min(dhcpAt, this.#defense.pollAt(), this.#reassembly.pollAt(), this.ipv6.pollAt());
  }

  #dispatchDhcp(dhcp: DhcpClient, now: number): void {
    const expired = dhcp.dispatch(now, (message, server) => this.#sendDhcp(message, server));
    if (!expired) return;
    this.#onLease();
    this.onLease(undefined);
  }

  #sendDhcp(message: DhcpMessage, server: number): void {
    this.#dhcpBuffer ??= new Uint8Array(576);
    const length = emitDhcp(this.#dhcpBuffer, 0, message);
    if (server !== 0 && this.egress.nextHop(server) === 0) server = 0;
    const to = server === 0 ? LIMITED_BROADCAST : server;
    this.udp.send(CLIENT_PORT, to, SERVER_PORT, this.#dhcpBuffer, 0, length);
  }

  #onLease(): void {
    const lease = this.#dhcp!.lease;
    if (lease === undefined) {
      this.#dhcpLog.warn("the lease is lost");
      this.configureAll([], 0, [], false);
      return;
    }
    this.#dhcpLog.debug("leased", {
      address: formatAddress(lease.address),
      prefix: lease.prefix,
      server: formatAddress(lease.server),
      seconds: Math.round((lease.expiresAt - this.tcp.now) / 1000),
    });
    const { egress } = this;
    const { mtu } = this.device;
    egress.mtu = lease.mtu === 0 ? mtu : Math.min(lease.mtu, mtu);
    this.configureAll([{ address: lease.address, prefix: lease.prefix }], lease.gateway, lease.routes, true);
  }
}

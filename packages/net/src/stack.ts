import type { ByteHelpers, NetDevice, Pollable, Rng, Wakeup } from "@soloist/interface";
import { type Counters, createCounters } from "./counters.ts";
import { DhcpClient } from "./dhcp/client.ts";
import { IcmpLayer } from "./icmp/layer.ts";
import { Ipv4Egress } from "./ipv4/egress.ts";
import { TcpLayer } from "./tcp/layer.ts";
import { UdpLayer } from "./udp/layer.ts";
import { createArpFields, OPERATION_REQUEST, parseArp } from "./wire/arp.ts";
import { CLIENT_PORT, type DhcpMessage, emitDhcp, parseDhcp, SERVER_PORT } from "./wire/dhcpv4.ts";
import { HEADER_LENGTH as ETHERNET_LENGTH, macHigh, macLow, TYPE_ARP, TYPE_IPV4 } from "./wire/ethernet.ts";
import { CODE_PROTOCOL_UNREACHABLE } from "./wire/icmpv4.ts";
import {
  createIpv4Fields,
  FRAGMENT_OFFSET,
  MORE_FRAGMENTS,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv4,
} from "./wire/ipv4.ts";
import { isMulticast, LIMITED_BROADCAST } from "./wire/ipv4-address.ts";

/** Frames taken in one poll: then whoever was woken gets its turn, and the next poll follows at once. */
export const MAX_FRAMES = 256;
/** How soon to try again when the device had no room to send, milliseconds. */
const TRANSMIT_RETRY = 0.2;

export interface NetStackOptions {
  /** Bytes that all send and receive buffers may hold together before windows shrink. */
  readonly memory: number;
}

/** The poll loop: frames in, timers, frames out. */
export class NetStack implements Pollable {
  readonly device: NetDevice;
  readonly counters: Counters = createCounters();
  readonly egress: Ipv4Egress;
  readonly tcp: TcpLayer;
  readonly udp: UdpLayer;
  readonly icmp: IcmpLayer;
  /** Multicast groups whose datagrams are taken. Those of 224.0.0.0/24 alone: they need no IGMP (RFC 3376 5). */
  readonly groups: Set<number> = new Set();
  /** Called when our address appears, changes or goes. */
  onAddress: () => void = () => {};
  readonly #bytes: ByteHelpers;
  readonly #rng: Rng;
  readonly #ipv4 = createIpv4Fields();
  readonly #arpFields = createArpFields();
  readonly #macHigh: number;
  readonly #macLow: number;
  /** Our MAC as its first four and last two bytes. */
  readonly macTop: number;
  readonly macBottom: number;
  readonly #rxView: DataView;
  /** Frames that took the fast path. */
  #fast = 0;
  #dhcpAt: number = Number.POSITIVE_INFINITY;
  #dhcp: DhcpClient | undefined;
  #dhcpBuffer: Uint8Array | undefined;
  #deferred = false;

  constructor(device: NetDevice, bytes: ByteHelpers, rng: Rng, wakeup: Wakeup, options: NetStackOptions) {
    this.device = device;
    this.#bytes = bytes;
    this.#rng = rng;
    this.egress = new Ipv4Egress(device, bytes, this.counters);
    this.icmp = new IcmpLayer(this.egress, bytes, this.counters);
    this.udp = new UdpLayer(this.egress, bytes, rng, this.counters, this.icmp);
    this.tcp = new TcpLayer(this.egress, bytes, rng, this.counters, wakeup, options.memory);
    this.#macHigh = macHigh(device.mac, 0);
    this.#macLow = macLow(device.mac, 0);
    const mac = new DataView(device.mac.buffer, device.mac.byteOffset, 6);
    this.macTop = mac.getInt32(0);
    this.macBottom = mac.getUint16(4);
    const { rxBuffer } = device;
    this.#rxView = new DataView(rxBuffer.buffer, rxBuffer.byteOffset, rxBuffer.byteLength);
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

  get lease(): DhcpClient["lease"] {
    return this.#dhcp?.lease;
  }

  /** Takes an address of its own; announced with the next poll. */
  configure(address: number, prefix: number, gateway: number): void {
    const { config } = this.egress;
    config.address = address;
    config.prefix = prefix;
    config.gateway = gateway;
    this.egress.arp.clear();
    this.egress.announce();
    this.onAddress();
  }

  /** Asks for an address, and keeps it. */
  startDhcp(): void {
    if (this.#dhcp !== undefined) return;
    const client = new DhcpClient(this.device.mac, () => this.#rng.uint32());
    this.#dhcp = client;
    this.udp.bind(CLIENT_PORT, (bytes, at, length) => {
      const message = parseDhcp(bytes, at, length);
      if (message !== undefined && client.process(message, this.tcp.now)) this.#onLease();
      this.#dhcpAt = client.pollAt();
      return true;
    });
    this.#dhcpAt = client.pollAt();
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
      const view = this.#rxView;
      const checksum = this.#bytes.checksum;
      const { macTop, macBottom } = this;
      const own = egress.config.address;
      do {
        const at = device.rxOffset;
        // TCP in IPv4 without options, whole, for us: whatever else goes the long way.
        let taken = false;
        if (
          length >= 54 &&
          view.getInt32(at + 12) >>> 8 === 0x080045 &&
          (view.getInt32(at + 20) & 0x3fff00ff) === PROTOCOL_TCP &&
          view.getInt32(at + 30) === own &&
          view.getInt32(at) === macTop &&
          view.getUint16(at + 4) === macBottom &&
          checksum(bytes, at + 14, 20, 0) === 0xffff
        ) {
          const total = view.getUint16(at + 16);
          if (total >= 40 && total <= length - 14) taken = tcp.receiveFast(view, bytes, at, total - 20);
        }
        if (taken) this.#fast++;
        else this.#frame(bytes, at, length);
        if (++frames === MAX_FRAMES) break;
        length = device.read();
      } while (length > 0);
    }
    const { timers } = tcp;
    if (timers.first <= now) tcp.expire(now);
    if (tcp.sweepAt <= now) tcp.sweep();
    if (this.#dhcpAt <= now) this.#dispatchDhcp(now);

    if (tcp.woken) {
      this.#deferred = true;
      return now;
    }
    if (tcp.pending && !tcp.flush(now)) sent = false;
    let next = timers.first;
    if (egress.arp.asking) {
      const at = egress.dispatchArp(now);
      if (at < next) next = at;
      // Whoever waited for a neighbour that never answered has been told.
      if (tcp.woken) return now;
    }
    if (frames === MAX_FRAMES) return now;
    if (tcp.sweepAt < next) next = tcp.sweepAt;
    if (this.#dhcpAt < next) next = this.#dhcpAt;
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
    if (type === TYPE_IPV4) this.#ip(bytes, at + ETHERNET_LENGTH, length - ETHERNET_LENGTH, group);
    else if (type === TYPE_ARP) this.#arp(bytes, at + ETHERNET_LENGTH, length - ETHERNET_LENGTH);
    else dropped.ethernetType++;
  }

  #ip(bytes: Uint8Array, at: number, length: number, group: boolean): void {
    const ip = this.#ipv4;
    const dropped = this.counters.dropped;
    if (!parseIpv4(bytes, at, length, ip)) {
      dropped.ipv4Malformed++;
      return;
    }
    const headerLength = ip.headerLength;
    if (this.#bytes.checksum(bytes, at, headerLength, 0) !== 0xffff) {
      dropped.ipv4Checksum++;
      return;
    }
    if ((ip.fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0) {
      dropped.ipv4Fragment++;
      return;
    }
    const own = this.egress.config.address;
    const payloadAt = at + headerLength;
    const payloadLength = ip.totalLength - headerLength;
    const unicast = ip.destination === own && own !== 0 && !group;
    if (unicast && ip.protocol === PROTOCOL_TCP) {
      if (!this.#sourceIsHost(ip.source)) {
        dropped.ipv4Source++;
        return;
      }
      this.tcp.receive(bytes, payloadAt, payloadLength, ip);
      return;
    }
    if (!unicast && !this.#takes(ip.destination, group)) {
      dropped.ipv4Destination++;
      return;
    }
    if (!this.#sourceIsHost(ip.source)) {
      dropped.ipv4Source++;
      return;
    }
    if (ip.protocol === PROTOCOL_UDP) {
      this.udp.receive(bytes, payloadAt, payloadLength, ip, at, unicast);
    } else if (ip.protocol === PROTOCOL_ICMP) {
      this.icmp.receive(bytes, payloadAt, payloadLength, ip, unicast);
    } else {
      dropped.ipv4Protocol++;
      if (unicast && ip.protocol !== PROTOCOL_TCP) this.icmp.unreachable(bytes, at, ip, CODE_PROTOCOL_UNREACHABLE);
    }
  }

  /** Broadcasts and our groups; and while DHCP looks for an address, whatever comes for our MAC. */
  #takes(destination: number, group: boolean): boolean {
    if (this.egress.isBroadcast(destination)) return true;
    if (group) return this.groups.has(destination);
    return this.egress.config.address === 0 && this.#dhcp !== undefined && !isMulticast(destination);
  }

  /** RFC 1122 3.2.1.3: no broadcast, no multicast, not ourselves, and not the loopback network. */
  #sourceIsHost(source: number): boolean {
    const top = source >>> 24;
    return (
      top !== 127 &&
      top < 224 &&
      source !== 0 &&
      source !== this.egress.config.address &&
      !this.egress.isBroadcast(source)
    );
  }

  #arp(bytes: Uint8Array, at: number, length: number): void {
    const fields = this.#arpFields;
    if (!parseArp(bytes, at, length, fields)) {
      this.counters.dropped.arpMalformed++;
      return;
    }
    const own = this.egress.config.address;
    const ours = fields.senderHigh === this.#macHigh && fields.senderLow === this.#macLow;
    if (ours) return;
    if (own !== 0 && fields.senderAddress === own) {
      this.counters.arpConflicts++;
      return;
    }
    if (own === 0 || (fields.senderAddress !== 0 && !this.egress.isOnLink(fields.senderAddress))) return;
    const answered = this.egress.arp.process(fields, own, this.tcp.now);
    if (fields.operation === OPERATION_REQUEST && fields.targetAddress === own) {
      this.egress.replyArp(fields.senderHigh, fields.senderLow, fields.senderAddress);
    }
    if (answered !== undefined) this.egress.release(answered);
  }

  #dispatchDhcp(now: number): void {
    const expired = this.#dhcp!.dispatch(now, (message, server) => this.#sendDhcp(message, server));
    if (expired) this.#onLease();
    this.#dhcpAt = this.#dhcp!.pollAt();
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
    this.configure(lease?.address ?? 0, lease?.prefix ?? 0, lease?.gateway ?? 0);
  }
}

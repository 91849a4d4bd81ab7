import type { ByteHelpers, Logger, Rng, Wakeup } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import { AddressError, UnreachableError } from "../errors.ts";
import type { Ipv4Egress, LinkWaiter } from "../ipv4/egress.ts";
import { type AddressTable, ANY_IPV4, FIRST_IPV6, isIpv6Multicast } from "../ipv6/addresses.ts";
import type { Ipv6Egress } from "../ipv6/egress.ts";
import type { Ipv6Packet } from "../ipv6/packet.ts";
import { DEBUG, SILENT } from "../log.ts";
import { SEGMENT_SHIFT, SEGMENTS_IPV6, tcpOffload } from "../offload.ts";
import { RateLimit } from "../rate-limit.ts";
import { Timers } from "../timers.ts";
import { type Ipv4Fields, PROTOCOL_TCP } from "../wire/ipv4.ts";
import { isMulticast } from "../wire/ipv4-address.ts";
import { HEADER_LENGTH as IPV6_LENGTH, SOURCE as IPV6_SOURCE } from "../wire/ipv6.ts";
import { OFFSET_FLAGS, PORTS, STAMP, STAMPED, TRAFFIC_CLASS } from "../wire/segment-fields.ts";
import { ACK, createTcpSegment, FIN, parseTcp, RST, SYN } from "../wire/tcp.ts";
import { TIMESTAMPS_PADDED } from "../wire/tcp-options.ts";
import { isTry, searchUpwards } from "./black-hole.ts";
import { RingPool } from "./buffers.ts";
import {
  abortNeedsReset,
  destroy,
  openActive,
  openPassive,
  releaseEmptyRings,
  type TcpOptionsOfUser,
  windowShift,
} from "./calls.ts";
import { TcpConnection, type TcpCounters, type TcpEnvironment, type TcpFailure, type TcpOwner } from "./connection.ts";
import { dispatch, onTimer, type SegmentSink } from "./dispatch.ts";
import { ECN, TIMESTAMPS } from "./extras.ts";
import { processFast, SLOW } from "./fast-path.ts";
import { PreparedHeaders } from "./headers.ts";
import { PreparedIpv6Headers } from "./headers6.ts";
import { Ipv6Environment } from "./ipv6-environment.ts";
import { SequenceNumbers } from "./isn.ts";
import { ADVICE_RETRIES, HEADERS_LENGTH, IPV6_HEADERS_LENGTH, MAX_TIME_WAIT, RTO_INITIAL } from "./limits.ts";
import { EPHEMERAL_COUNT, EphemeralPorts } from "./ports.ts";
import { process } from "./process.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { onSmallerPath } from "./recovery.ts";
import { TcpReplies } from "./replies.ts";
import {
  CLOSED,
  EVENT_CLOSED,
  EVENT_CONNECTED,
  EVENT_OUTPUT,
  EVENT_RESET_REPLY,
  EVENT_TIME_WAIT,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./state.ts";
import { COOKIE_PERIOD, SynCookies } from "./syn-cookies.ts";
import { ConnectionTable } from "./table.ts";
import { isOld, timestampAt } from "./timestamps.ts";

/** Whoever takes SYNs for a port. */
export interface SynHandler extends TcpOwner {
  readonly options: TcpOptionsOfUser;
  /** Only what is sent to this address of ours; 0: to any; ANY_IPV4: to any of IPv4. */
  readonly localAddress: number;
  /** Whether one more connection fits. */
  admit(): boolean;
  /** Whether one that has completed its handshake would be taken: then a SYN too many is answered with a cookie. */
  readonly open: boolean;
  /** A handshake has begun. */
  onSyn(connection: TcpConnection): void;
}

/** Addresses of a packet. */
export interface PacketEnds {
  readonly source: number;
  readonly destination: number;
}

/** Empty rings are kept this long, milliseconds: less than anybody notices, longer than a busy connection pauses. */
const SWEEP_INTERVAL = 50;

/** Where TCP begins in a frame, and its checksum in TCP; Ethernet, IPv6 and TCP headers with all options. */
const TCP = 34;
const IPV6_TCP = 54;
const TCP_CHECKSUM = 16;
const HEADERS_MOST = 114;
const OFFLOAD = tcpOffload(TCP);
const OFFLOAD_IPV6 = tcpOffload(IPV6_TCP);

const imul = Math.imul;
const SHELL_EVENTS = ~EVENT_OUTPUT;

/** Finds the connection of each segment, drives the machines, and owns what they share. */
export class TcpLayer implements TcpEnvironment, SegmentSink {
  readonly bytes: ByteHelpers;
  readonly pool: RingPool;
  readonly counters: TcpCounters;
  readonly mss: number;
  readonly large: number;
  readonly timers: Timers<TcpConnection> = new Timers();
  /** Set when an event has resolved a promise: something will run, and probably answer, before the next poll. */
  woken = false;
  /** Whom the events of this poll have woken. */
  readonly ready: ReadyQueue = new ReadyQueue();
  /** Connections that `flush` has to dispatch. A field without a getter, as every poll looks. */
  readonly queue: TcpConnection[] = [];
  now = 0;
  log: Logger = SILENT;
  /** For what is built on flows. */
  loggers: ((source: string) => Logger) | undefined;
  /** When `sweep` is due. */
  sweepAt: number = Number.POSITIVE_INFINITY;
  /** Text of addresses, and who holds them. */
  readonly addresses: AddressTable;
  readonly #egress: Ipv4Egress;
  readonly #ipv6: Ipv6Egress;
  readonly #all: Counters;
  readonly #wakeup: Wakeup;
  readonly #table: ConnectionTable;
  readonly #listeners = new Map<number, SynHandler>();
  readonly #timeWait = new Set<TcpConnection>();
  readonly #headers: PreparedHeaders;
  readonly #ipv6Headers: PreparedIpv6Headers;
  readonly #ipv6Environment: Ipv6Environment;
  readonly #isn: SequenceNumbers;
  readonly #cookies: SynCookies;
  /** Until then an ACK of nobody's may answer a cookie. */
  #cookiesUntil = 0;
  readonly #challenges = new RateLimit(100, 100);
  readonly #segment = createTcpSegment();
  readonly #replies: TcpReplies;
  /** The connection that was found last: the next segment is likely its, too. */
  #last: TcpConnection | undefined;
  #parked: TcpConnection[] = [];
  #awaitsLink = false;
  readonly #ports: EphemeralPorts;

  constructor(
    egress: Ipv4Egress,
    ipv6: Ipv6Egress,
    bytes: ByteHelpers,
    rng: Rng,
    counters: Counters,
    wakeup: Wakeup,
    memory: number,
  ) {
    this.#egress = egress;
    this.#ipv6 = ipv6;
    this.addresses = ipv6.table;
    this.bytes = bytes;
    this.#all = counters;
    this.counters = counters.tcp;
    this.#wakeup = wakeup;
    this.mss = egress.device.mtu - HEADERS_LENGTH;
    this.pool = new RingPool(memory, memory >> 2);
    const { device } = egress;
    const { offloads } = device;
    this.large = largestData(offloads?.segments4 ?? 0);
    this.#headers = new PreparedHeaders(device, bytes);
    this.#ipv6Headers = new PreparedIpv6Headers(device, bytes, ipv6.table);
    const large = largestData(offloads?.segments6 ?? 0);
    this.#ipv6Environment = new Ipv6Environment(this, device.mtu - IPV6_HEADERS_LENGTH, large);
    // Other devices pay nothing for it.
    if (offloads?.checksum === true) this.segment = this.#segmentOffloaded;
    this.#isn = new SequenceNumbers(rng);
    this.#cookies = new SynCookies(rng);
    this.#table = new ConnectionTable(rng.uint32());
    this.#replies = new TcpReplies(egress, ipv6, bytes, counters);
    this.#ports = new EphemeralPorts(rng);
  }

  /** Connections in any state but CLOSED, TIME-WAIT among them. */
  get connections(): number {
    return this.#table.count;
  }

  park(c: TcpConnection): void {
    c.parked = true;
    this.#parked.push(c);
    if (this.sweepAt === Number.POSITIVE_INFINITY) this.sweepAt = this.now + SWEEP_INTERVAL;
  }

  /** Gives back the rings of connections that have been quiet. */
  sweep(): void {
    const parked = this.#parked;
    this.#parked = [];
    this.sweepAt = Number.POSITIVE_INFINITY;
    for (const c of parked) {
      c.parked = false;
      if (c.state !== CLOSED) releaseEmptyRings(c);
    }
  }

  mayChallenge(now: number): boolean {
    if (this.#challenges.allow(now)) return true;
    this.#all.dropped.rateLimit++;
    return false;
  }

  /** An IPv4 packet for us with TCP: `length` bytes at `at`, where the addresses lie in the 8 bytes before when it has no options. */
  receive(bytes: Uint8Array, at: number, length: number, ip: Ipv4Fields): void {
    const now = this.now;
    const segment = this.#segment;
    if (!parseTcp(bytes, at, length, segment)) {
      this.#all.dropped.tcpMalformed++;
      return;
    }
    const sum =
      ip.headerLength === 20
        ? this.bytes.checksum(bytes, at - 8, 8 + length, PROTOCOL_TCP + length)
        : this.bytes.checksum(
            bytes,
            at,
            length,
            this.bytes.checksum(bytes, at - ip.headerLength + 12, 8, PROTOCOL_TCP + length),
          );
    if (sum !== 0xffff) {
      this.#all.dropped.tcpChecksum++;
      return;
    }
    segment.marked = (bytes[at - ip.headerLength + 1]! & 3) === 3;
    this.#arrived(ip, now);
  }

  /** An IPv6 packet for us with TCP. */
  receiveIpv6(bytes: Uint8Array, packet: Ipv6Packet): void {
    const segment = this.#segment;
    const { at: ip, payloadAt: at, payloadLength: length } = packet;
    if (!parseTcp(bytes, at, length, segment)) {
      this.#all.dropped.tcpMalformed++;
      return;
    }
    // The addresses lie right before the header, unless extension headers stand between.
    const sum =
      at === ip + IPV6_LENGTH
        ? this.bytes.checksum(bytes, at - 32, 32 + length, PROTOCOL_TCP + length)
        : this.bytes.checksum(
            bytes,
            at,
            length,
            this.bytes.checksum(bytes, ip + IPV6_SOURCE, 32, PROTOCOL_TCP + length),
          );
    if (sum !== 0xffff) {
      this.#all.dropped.tcpChecksum++;
      return;
    }
    segment.marked = (bytes[ip + 1]! & 0x30) === 0x30;
    this.#arrived(packet, this.now);
  }

  /** The segment at hand is whole. */
  #arrived(ip: PacketEnds, now: number): void {
    const segment = this.#segment;
    this.counters.received++;
    const source = ip.source;
    const ports = (segment.sourcePort << 16) | segment.destinationPort;
    const table = this.#table;
    let c = table.map.get(imul(source, table.multiplier) ^ ports);
    while (
      c !== undefined &&
      (c.remoteAddress !== source ||
        ((c.remotePort << 16) | c.localPort) !== ports ||
        c.localAddress !== ip.destination)
    ) {
      c = c.next;
    }
    if (c === undefined) {
      this.#noConnection(ip, now);
      return;
    }
    if (c.state === TIME_WAIT && (segment.flags & (SYN | ACK | RST)) === SYN && this.#reopen(c, ip, now)) return;
    const events = process(c, segment, now);
    if (events !== 0) this.#handle(c, events);
    if (c.ackAt < c.timerKey || c.rtoAt < c.timerKey) this.#schedule(c);
  }

  /**
   * What `parseSegment` found in a frame of `bytes`, from `remote` to `local`, which is ours: takes it if it is what a connection
   * expects next. False: nothing was done, and `receive` must see it.
   */
  receiveFast(fields: Int32Array, bytes: Uint8Array, remote: number, local: number): boolean {
    const ports = fields[PORTS]!;
    let c = this.#last;
    if (c === undefined || c.ports !== ports || c.remoteAddress !== remote) {
      const table = this.#table;
      c = table.map.get(imul(remote, table.multiplier) ^ ports);
      if (c === undefined || c.ports !== ports || c.remoteAddress !== remote) return false;
      this.#last = c;
    }
    if (c.localAddress !== local) return false;
    let events: number;
    if (c.extras !== 0) {
      events = this.#predictExtras(c, fields, bytes);
    } else {
      // Header of 20 bytes, no reserved bits, ACK with or without PSH.
      if ((fields[OFFSET_FLAGS]! & 0xfff7) !== 0x5010) return false;
      events = processFast(c, bytes, fields, this.now);
    }
    if (events !== 0) {
      if (events === SLOW) return false;
      if ((events & EVENT_OUTPUT) !== 0 && !c.queued) {
        c.queued = true;
        this.queue.push(c);
      }
      if ((events & SHELL_EVENTS) !== 0) c.owner!.onEvents(c, events);
    }
    if (c.ackAt < c.timerKey || c.rtoAt < c.timerKey) this.#schedule(c);
    return true;
  }

  /** Header prediction with timestamps or ECN: nothing else in the header, no mark, no older timestamp. */
  #predictExtras(c: TcpConnection, fields: Int32Array, bytes: Uint8Array): number {
    if ((c.extras & ECN) !== 0 && (fields[TRAFFIC_CLASS]! & 3) === 3) return SLOW;
    const flags = fields[OFFSET_FLAGS]! & 0xfff7;
    const { now } = this;
    if ((c.extras & TIMESTAMPS) === 0) return flags === 0x5010 ? processFast(c, bytes, fields, now) : SLOW;
    if (flags !== 0x8010 || fields[STAMPED] === 0) return SLOW;
    const ts = c.ts!;
    const value = fields[STAMP]!;
    if (((value - ts.recent) | 0) < 0) return SLOW;
    // What was sent again may turn out not to have been lost.
    if (c.retries > 0 || (c.undo !== undefined && ((c.sndUna - c.undo.end) | 0) < 0)) return SLOW;
    const covered = c.ackPending === 0;
    const events = processFast(c, bytes, fields, now);
    // RFC 7323 4.3: of segments that begin where the last ACK ended.
    if (covered && events !== SLOW) {
      ts.recent = value;
      ts.recentAt = now;
    }
    return events;
  }

  /** Starts a connection; `owner` hears CONNECTED or CLOSED. Throws when there is no route or no port. */
  connect(
    remoteAddress: number,
    remotePort: number,
    options: TcpOptionsOfUser,
    now: number,
    connectBy: number,
    owner: TcpOwner,
  ): TcpConnection {
    const egress = remoteAddress >= FIRST_IPV6 ? this.#ipv6 : this.#egress;
    const localAddress = egress.sourceFor(remoteAddress);
    // "A TCP implementation MUST reject as an error a local OPEN call for an invalid remote IP address" (RFC 9293 3.9.2.3).
    const many =
      remoteAddress < FIRST_IPV6
        ? this.#egress.isBroadcast(remoteAddress) || isMulticast(remoteAddress)
        : isIpv6Multicast(remoteAddress);
    if (many || localAddress === 0 || egress.nextHop(remoteAddress) === 0) {
      throw new UnreachableError("ENETUNREACH", `no route to ${this.addresses.format(remoteAddress)}`);
    }
    const localPort = this.#freePort(localAddress, remoteAddress, remotePort);
    const c = new TcpConnection(this.#environment(remoteAddress), localAddress, localPort, remoteAddress, remotePort);
    const local = this.#identity(localAddress);
    const remote = this.#identity(remoteAddress);
    const offset = options.timestamps ? this.#isn.timestampOffset(local, localPort, remote, remotePort) : 0;
    openActive(c, this.#isn.initial(local, localPort, remote, remotePort, now), options, offset);
    c.connectBy = connectBy;
    c.rtoAt = Math.min(now + RTO_INITIAL, connectBy);
    c.owner = owner;
    this.#insert(c);
    this.#schedule(c);
    this.enqueue(c);
    return c;
  }

  /** By family: the size of a segment. */
  #environment(address: number): TcpEnvironment {
    return address >= FIRST_IPV6 ? this.#ipv6Environment : this;
  }

  /** 32 bits for an address that outlive its handle: what hashes are made of. */
  #identity(address: number): number {
    return address >= FIRST_IPV6 ? this.addresses.identity(address) : address;
  }

  #insert(c: TcpConnection): void {
    if (c.remoteAddress >= FIRST_IPV6) {
      this.addresses.retain(c.localAddress);
      this.addresses.retain(c.remoteAddress);
    }
    this.#table.insert(c);
  }

  listen(port: number, handler: SynHandler): number {
    if (port === 0) {
      for (let tries = 0; tries < EPHEMERAL_COUNT; tries++) {
        const candidate = this.#ports.take();
        if (this.#listeners.has(candidate)) continue;
        this.#listeners.set(candidate, handler);
        return candidate;
      }
    }
    if (port === 0 || this.#listeners.has(port)) throw new AddressError("EADDRINUSE", `TCP port ${port} is taken`);
    this.#listeners.set(port, handler);
    return port;
  }

  unlisten(port: number): void {
    this.#listeners.delete(port);
  }

  /** Has `c` dispatched at the end of this turn. */
  enqueue(c: TcpConnection): void {
    if (c.queued) return;
    c.queued = true;
    this.queue.push(c);
    this.#wakeup.wake();
  }

  /** Ends `c` at once, with a reset where the peer must hear of it. */
  abort(c: TcpConnection): void {
    if (c.state === CLOSED) return;
    if (abortNeedsReset(c)) {
      this.#replies.abort(c);
    }
    destroy(c, "ECONNABORTED");
    this.#remove(c);
    c.owner = undefined;
  }

  /**
   * An ICMP error quotes a segment. False: it is not on its way (RFC 5927 4.1), so the error is a forgery or late. A refusal
   * ends a connection attempt; a connection that is established outlives it (RFC 5927 5.2). Whatever else routers say is
   * remembered as the reason if the connection should time out (RFC 1122 4.2.3.9).
   */
  onIcmpError(
    localAddress: number,
    localPort: number,
    remoteAddress: number,
    remotePort: number,
    sequence: number,
    failure: TcpFailure | "EMSGSIZE",
  ): boolean {
    const c = this.#table.find(localAddress, localPort, remoteAddress, remotePort);
    if (c === undefined || ((sequence - c.sndUna) | 0) < 0 || ((sequence - c.sndMax) | 0) >= 0) return false;
    if (failure === "ECONNREFUSED") {
      if (c.state !== SYN_SENT) return true;
      destroy(c, failure);
      this.#handle(c, EVENT_CLOSED);
    } else if (failure !== "EMSGSIZE") {
      c.softError = failure;
    }
    return true;
  }

  /** A packet of this connection was too big for its path, which carries `mtu` bytes (RFC 1191 6.4). */
  onPathMtu(localAddress: number, localPort: number, remoteAddress: number, remotePort: number, mtu: number): void {
    const c = this.#table.find(localAddress, localPort, remoteAddress, remotePort);
    if (c === undefined) return;
    const most = mtu - headersLength(c);
    if (c.mss <= most) return;
    onSmallerPath(c, most);
    this.enqueue(c);
    this.#schedule(c);
  }

  #fitPath(c: TcpConnection): void {
    const egress = c.remoteAddress >= FIRST_IPV6 ? this.#ipv6 : this.#egress;
    const most = egress.pathMtu(c.remoteAddress) - headersLength(c);
    if (c.mss <= most) return;
    c.narrow = searchUpwards(c.mss, this.now);
    c.mss = most;
  }

  /** Timers that are due. */
  expire(now: number): void {
    for (let c = this.timers.take(now); c !== undefined; c = this.timers.take(now)) {
      const events = onTimer(c, now);
      // Of data and SYNs: a keep-alive that nobody answers is nobody's loss yet.
      if (c.retries >= ADVICE_RETRIES && c.sndUna !== c.sndMax) this.#doubt(c);
      if (events !== 0) this.#handle(c, events);
      if (c.state !== CLOSED) this.#schedule(c);
    }
  }

  #doubt(c: TcpConnection): void {
    const egress = c.remoteAddress >= FIRST_IPV6 ? this.#ipv6 : this.#egress;
    egress.doubt(c.remoteAddress);
  }

  /** Lets every connection that has something to say say it. False: the device is full; call again. */
  flush(now: number): boolean {
    const queue = this.queue;
    const length = queue.length;
    if (length === 0) return true;
    for (let index = 0; index < length; index++) {
      const c = queue[index]!;
      if (!dispatch(c, now, this)) {
        if (!this.#awaitsLink) {
          queue.splice(0, index);
          return false;
        }
        this.#awaitsLink = false;
      }
      c.queued = false;
      if (c.ackAt < c.timerKey || c.rtoAt < c.timerKey) this.#schedule(c);
    }
    queue.length = 0;
    return true;
  }

  segment(c: TcpConnection, seq: number, flags: number, window: number, dataLength: number): boolean {
    const egress = this.#egress;
    if (c.linkEpoch !== egress.arp.epoch || this.now >= c.linkUntil) {
      // Those over IPv6 have a negative epoch, so that they always come here, and the others pay nothing for them.
      if (c.remoteAddress >= FIRST_IPV6) return this.#segmentIpv6(c, seq, flags, window, dataLength);
      // Connections with ourselves never have a link: the others pay nothing for them.
      if (egress.isLocal(c.remoteAddress)) return this.#loop(c, seq, flags, window, dataLength);
      if (!this.#link(c)) return false;
    }
    const device = egress.device;
    const at = device.reserve();
    if (at < 0) return false;
    device.send(this.#headers.emit(c, at, seq, flags, window, dataLength));
    this.counters.sent++;
    return true;
  }

  /** As `segment`, for a device that fills in checksums, and cuts what is more than a segment. */
  #segmentOffloaded(c: TcpConnection, seq: number, flags: number, window: number, dataLength: number): boolean {
    const egress = this.#egress;
    const { device } = egress;
    // One segment without options to a neighbour that is known, over IPv4: 0.3 us less than the general way below.
    if (
      c.linkEpoch === egress.arp.epoch &&
      dataLength <= c.mss &&
      c.extras === 0 &&
      c.ranges === undefined &&
      (flags & SYN) === 0 &&
      this.now < c.linkUntil
    ) {
      const place = device.reserve();
      if (place < 0) return false;
      const control = 0x50000000 | (flags << 16) | window;
      const { header, sendRing, rcvNxt } = c;
      const { slab, into, build } = this.#headers;
      device.send(build(into, place, slab, header, sendRing, seq, rcvNxt, control, dataLength, true), OFFLOAD);
      this.counters.sent++;
      return true;
    }
    const ipv6 = c.remoteAddress >= FIRST_IPV6;
    const headers = ipv6 ? this.#ipv6Headers : this.#headers;
    let local = false;
    if (c.linkEpoch !== (ipv6 ? ~this.#ipv6.neighbours.epoch : egress.arp.epoch) || this.now >= c.linkUntil) {
      local = (ipv6 ? this.#ipv6 : egress).isLocal(c.remoteAddress);
      if (!local && !(ipv6 ? this.#linkIpv6(c) : this.#link(c))) return false;
      if (local && c.header < 0) headers.prepare(c, egress.macHigh, egress.macLow, egress.macHigh, egress.macLow);
    }
    const several = dataLength > c.mss && !isTry(c.narrow, seq, dataLength);
    const at = several ? device.reserve(dataLength + HEADERS_MOST) : device.reserve();
    if (at < 0) return false;
    const length = headers.emit(c, at, seq, flags, window, dataLength);
    this.counters.sent++;
    const start = ipv6 ? IPV6_TCP : TCP;
    if (local) {
      // Nobody else will complete it.
      const { txBuffer } = device;
      const sum = ~this.bytes.checksum(txBuffer, at + start, length - start, 0);
      txBuffer[at + start + TCP_CHECKSUM] = sum >> 8;
      txBuffer[at + start + TCP_CHECKSUM + 1] = sum;
      egress.loop(at, length);
      return true;
    }
    const offload = ipv6 ? OFFLOAD_IPV6 : OFFLOAD;
    device.send(length, several ? offload | (c.mss << SEGMENT_SHIFT) | (ipv6 ? SEGMENTS_IPV6 : 0) : offload);
    return true;
  }

  #loop(c: TcpConnection, seq: number, flags: number, window: number, dataLength: number): boolean {
    const egress = this.#egress;
    const at = egress.device.reserve();
    if (at < 0) return false;
    if (c.header < 0) this.#headers.prepare(c, egress.macHigh, egress.macLow, egress.macHigh, egress.macLow);
    egress.loop(at, this.#headers.emit(c, at, seq, flags, window, dataLength));
    this.counters.sent++;
    return true;
  }

  #segmentIpv6(c: TcpConnection, seq: number, flags: number, window: number, dataLength: number): boolean {
    const egress = this.#ipv6;
    if (c.linkEpoch !== ~egress.neighbours.epoch || this.now >= c.linkUntil) {
      if (egress.isLocal(c.remoteAddress)) return this.#loopIpv6(c, seq, flags, window, dataLength);
      if (!this.#linkIpv6(c)) return false;
    }
    const { device } = egress;
    const at = device.reserve();
    if (at < 0) return false;
    device.send(this.#ipv6Headers.emit(c, at, seq, flags, window, dataLength));
    this.counters.sent++;
    return true;
  }

  #loopIpv6(c: TcpConnection, seq: number, flags: number, window: number, dataLength: number): boolean {
    const { device, macHigh, macLow } = this.#egress;
    const at = device.reserve();
    if (at < 0) return false;
    if (c.header < 0) this.#ipv6Headers.prepare(c, macHigh, macLow, macHigh, macLow);
    this.#egress.loop(at, this.#ipv6Headers.emit(c, at, seq, flags, window, dataLength));
    this.counters.sent++;
    return true;
  }

  #linkIpv6(c: TcpConnection): boolean {
    const egress = this.#ipv6;
    const hop = egress.nextHop(c.remoteAddress);
    if (hop === 0) return this.#unroutable(c);
    const neighbour = egress.resolve(hop);
    if (neighbour.state === "INCOMPLETE") {
      const waiter = c.waiter ?? this.#waiter(c);
      if (!neighbour.waiters.includes(waiter)) neighbour.waiters.push(waiter);
      return this.#waits();
    }
    const { macHigh, macLow } = this.#egress;
    this.#ipv6Headers.prepare(c, macHigh, macLow, neighbour.high, neighbour.low, egress.hopLimit);
    c.linkEpoch = ~egress.neighbours.epoch;
    c.linkUntil = egress.neighbours.usableUntil(neighbour, this.now);
    return true;
  }

  /** Finds the next hop's MAC for `c`; false: nobody has answered yet, and the connection waits for it. */
  #link(c: TcpConnection): boolean {
    const egress = this.#egress;
    const hop = egress.nextHop(c.remoteAddress);
    if (hop === 0) return this.#unroutable(c);
    const neighbour = egress.arp.resolve(hop, this.now);
    if (!neighbour.resolved) {
      egress.wait(neighbour, c.waiter ?? this.#waiter(c));
      return this.#waits();
    }
    this.#headers.prepare(c, egress.macHigh, egress.macLow, neighbour.high, neighbour.low);
    c.linkEpoch = egress.arp.epoch;
    // While a refresh is asked for, ask the cache again a second later.
    c.linkUntil = neighbour.refreshAt > this.now ? neighbour.refreshAt : this.now + 1000;
    return true;
  }

  /** Tried again like what was lost, so that it ends some day: a route may come, and a stranger's SYN may not stay for ever. */
  #unroutable(c: TcpConnection): false {
    c.softError = "ENETUNREACH";
    if (c.rtoAt === Number.POSITIVE_INFINITY) c.rtoAt = this.now + c.rto;
    return this.#waits();
  }

  #waits(): false {
    this.#awaitsLink = true;
    return false;
  }

  #waiter(c: TcpConnection): LinkWaiter {
    const waiter: LinkWaiter = {
      onLink: (reachable) => {
        if (c.state === CLOSED) return;
        if (reachable) {
          this.enqueue(c);
        } else if (c.srtt < 0 && c.active) {
          // Nothing was ever sent: no use to wait on (RFC 1122 2.4: a host with no link address is unreachable).
          destroy(c, "EHOSTUNREACH");
          this.#handle(c, EVENT_CLOSED);
        } else {
          c.softError = "EHOSTUNREACH";
          // Nothing may be on its way, and no timer run: data that could not leave is tried again.
          if (c.rtoAt === Number.POSITIVE_INFINITY) c.rtoAt = this.now + c.rto;
          this.#schedule(c);
          this.#wakeup.wake();
        }
      },
    };
    c.waiter = waiter;
    return waiter;
  }

  #handle(c: TcpConnection, events: number): void {
    if ((events & EVENT_OUTPUT) !== 0 && !c.queued) {
      c.queued = true;
      this.queue.push(c);
    }
    if ((events & SHELL_EVENTS) === 0) return;
    if ((events & EVENT_RESET_REPLY) !== 0) {
      if (c.state === SYN_RECEIVED && this.#takeCookieFor(c)) return;
      this.#replies.reset(this.#segment, c.localAddress, c.remoteAddress, this.now);
      return;
    }
    if ((events & EVENT_TIME_WAIT) !== 0) this.#keepTimeWait(c);
    if ((events & EVENT_CONNECTED) !== 0) {
      this.counters.opened++;
      if (this.log.level === DEBUG) this.#say("opened", c);
      this.#fitPath(c);
    }
    if ((events & EVENT_CLOSED) !== 0) this.#remove(c);
    const { owner } = c;
    if (owner === undefined) return;
    owner.onEvents(c, events);
    if (c.state === CLOSED) c.owner = undefined;
  }

  /** RFC 9293 3.10.7.1 and 3.10.7.2. */
  #noConnection(ip: PacketEnds, now: number): void {
    const segment = this.#segment;
    const flags = segment.flags;
    if ((flags & RST) !== 0) return;
    const handler = this.#listeners.get(segment.destinationPort);
    if (now < this.#cookiesUntil && handler !== undefined && this.#takeCookie(handler, ip, now)) return;
    if (handler === undefined || (flags & ACK) !== 0 || !listensAt(handler, ip.destination)) {
      this.#all.dropped.tcpPort++;
      this.#replies.reset(segment, ip.destination, ip.source, now);
      return;
    }
    if ((flags & SYN) === 0) return;
    this.#accept(handler, ip, 0, false, now);
  }

  #accept(handler: SynHandler, ip: PacketEnds, floor: number, hasFloor: boolean, now: number): void {
    const segment = this.#segment;
    if ((segment.flags & FIN) !== 0 || segment.sourcePort === 0) return;
    if (!handler.admit()) {
      if (handler.open) this.#sendCookie(handler, ip, now);
      else this.#all.dropped.tcpBacklog++;
      return;
    }
    const { source, destination } = ip;
    const ipv6 = source >= FIRST_IPV6;
    const env = ipv6 ? this.#ipv6Environment : this;
    const c = new TcpConnection(env, destination, segment.destinationPort, source, segment.sourcePort);
    const local = ipv6 ? this.addresses.identity(destination) : destination;
    const remote = ipv6 ? this.addresses.identity(source) : source;
    let iss = this.#isn.initial(local, c.localPort, remote, c.remotePort, now);
    // A new incarnation starts behind the old one (RFC 9293 3.6.1, RFC 1122 4.2.2.13).
    if (hasFloor && ((iss - floor) | 0) <= 0) iss = (floor + 64_000) | 0;
    openPassive(c, iss, handler.options, segment, now, this.#timestampOffset(handler, ip));
    this.#fitPath(c);
    c.owner = handler;
    handler.onSyn(c);
    this.#insert(c);
    this.enqueue(c);
  }

  #sendCookie(handler: SynHandler, ip: PacketEnds, now: number): void {
    const segment = this.#segment;
    const { options } = handler;
    const ports = (segment.sourcePort << 16) | segment.destinationPort;
    const local = this.#identity(ip.destination);
    const cookie = this.#cookies.make(local, this.#identity(ip.source), ports, segment.seq, segment, now);
    const scale = segment.windowScale < 0 ? -1 : windowShift(options.receiveLimitMax);
    const timestamp =
      segment.timestamps && options.timestamps ? timestampAt(this.#timestampOffset(handler, ip), now) : undefined;
    const { mss } = this.#environment(ip.source);
    this.#replies.cookie(segment, ip, cookie, Math.min(options.receiveLimit, 0xffff), mss, scale, timestamp);
    this.#cookiesUntil = now + 2 * COOKIE_PERIOD;
  }

  /** Of whoever sent the segment at hand; 0 where `handler` wants no timestamps. */
  #timestampOffset(handler: SynHandler, ip: PacketEnds): number {
    if (!handler.options.timestamps) return 0;
    const { sourcePort, destinationPort } = this.#segment;
    const remote = this.#identity(ip.source);
    return this.#isn.timestampOffset(this.#identity(ip.destination), destinationPort, remote, sourcePort);
  }

  /**
   * The ACK at hand is not of our SYN-ACK: of a cookie before it? The peer's SYN came twice: the first found no place and got a
   * cookie, the second made `c`. The peer has heard the cookie, so `c` is nobody's.
   */
  #takeCookieFor(c: TcpConnection): boolean {
    const handler = this.#listeners.get(c.localPort);
    if (c.active || handler === undefined || this.now >= this.#cookiesUntil) return false;
    const ends = { source: c.remoteAddress, destination: c.localAddress };
    return this.#takeCookie(handler, ends, this.now, c);
  }

  /** An ACK of no connection, or for the half-open one that it `replaces`: of a cookie? Then its handshake is complete. */
  #takeCookie(handler: SynHandler, ip: PacketEnds, now: number, replaces?: TcpConnection): boolean {
    const segment = this.#segment;
    if ((segment.flags & (SYN | ACK | RST)) !== ACK) return false;
    const seq = (segment.seq - 1) | 0;
    const iss = (segment.ack - 1) | 0;
    const ports = (segment.sourcePort << 16) | segment.destinationPort;
    const local = this.#identity(ip.destination);
    const syn = this.#cookies.check(local, this.#identity(ip.source), ports, seq, iss, now);
    if (syn === undefined) return false;
    if (!handler.open) {
      // Not refused: the peer sends its data again, and by then somebody may have accepted those who are in front.
      this.#all.dropped.tcpBacklog++;
      return true;
    }
    const env = this.#environment(ip.source);
    const c = new TcpConnection(env, ip.destination, segment.destinationPort, ip.source, segment.sourcePort);
    // A peer sends timestamps only where both SYNs had them (RFC 7323 3.2).
    const { timestamps, tsVal, tsEcr, window } = segment;
    const said = { ...syn, timestamps, tsVal, tsEcr, seq, window, flags: SYN };
    openPassive(c, iss, handler.options, said, now, this.#timestampOffset(handler, ip));
    c.sndNxt = (iss + 1) | 0;
    c.sndMax = c.sndNxt;
    c.rcvAdv = (c.rcvNxt + Math.min(handler.options.receiveLimit, 0xffff)) | 0;
    c.owner = handler;
    handler.onSyn(c);
    this.#insert(c);
    if (replaces !== undefined) {
      destroy(replaces, undefined);
      this.#handle(replaces, EVENT_CLOSED);
    }
    this.counters.cookiesTaken++;
    const events = process(c, segment, now);
    if (events !== 0) this.#handle(c, events);
    if (c.state !== CLOSED) this.#schedule(c);
    return true;
  }

  /** A SYN for a connection in TIME-WAIT: a newer incarnation may start (RFC 9293 3.10.7.4, RFC 6191). */
  #reopen(c: TcpConnection, ip: PacketEnds, now: number): boolean {
    const handler = this.#listeners.get(c.localPort);
    if (handler === undefined || !listensAt(handler, c.localAddress)) return false;
    if (!this.#isNewer(c, now)) return false;
    const floor = c.sndMax;
    destroy(c, undefined);
    this.#handle(c, EVENT_CLOSED);
    this.#accept(handler, ip, floor, true, now);
    return true;
  }

  /** RFC 6191 2: by the timestamp where both have one, and by the sequence number where that does not tell. */
  #isNewer(c: TcpConnection, now: number): boolean {
    const segment = this.#segment;
    if (c.ts !== undefined && segment.timestamps) {
      if (isOld(c.ts, segment.tsVal, now)) return false;
      if (segment.tsVal !== c.ts.recent) return true;
    }
    return ((segment.seq - c.rcvNxt) | 0) > 0;
  }

  #keepTimeWait(c: TcpConnection): void {
    this.#timeWait.add(c);
    if (this.#timeWait.size <= MAX_TIME_WAIT) return;
    for (const oldest of this.#timeWait) {
      destroy(oldest, undefined);
      this.#handle(oldest, EVENT_CLOSED);
      break;
    }
  }

  #say(what: string, c: TcpConnection): void {
    const { addresses } = this;
    this.log.debug(what, {
      local: addresses.format(c.localAddress),
      port: c.localPort,
      remote: addresses.format(c.remoteAddress),
      remotePort: c.remotePort,
    });
  }

  #schedule(c: TcpConnection): void {
    const at = c.ackAt < c.rtoAt ? c.ackAt : c.rtoAt;
    if (at !== Number.POSITIVE_INFINITY) this.timers.schedule(c, at);
  }

  #remove(c: TcpConnection): void {
    if (!this.#table.remove(c)) return;
    if (c.error === undefined) this.counters.closed++;
    else this.counters.failed++;
    if (this.log.level === DEBUG) this.#say(c.error ?? "closed", c);
    // No cycles: what a closed connection held is free at once, without the engine's collector.
    c.waiter = undefined;
    this.timers.remove(c);
    this.#timeWait.delete(c);
    if (this.#last === c) this.#last = undefined;
    if (c.remoteAddress < FIRST_IPV6) {
      this.#headers.release(c);
      return;
    }
    this.#ipv6Headers.release(c);
    this.addresses.release(c.localAddress);
    this.addresses.release(c.remoteAddress);
  }

  #freePort(localAddress: number, remoteAddress: number, remotePort: number): number {
    for (let tries = 0; tries < 1000; tries++) {
      const port = this.#ports.take();
      if (this.#table.find(localAddress, port, remoteAddress, remotePort) === undefined && !this.#listeners.has(port))
        return port;
    }
    throw new AddressError("EADDRINUSE", "all ports for outgoing connections are taken");
  }
}

/** How much data goes into a frame of `length` bytes whatever its options. */
function largestData(length: number): number {
  return length > HEADERS_MOST ? length - HEADERS_MOST : 0;
}

/** IP and TCP headers of a segment with data. */
function headersLength(c: TcpConnection): number {
  const fixed = c.remoteAddress >= FIRST_IPV6 ? IPV6_HEADERS_LENGTH : HEADERS_LENGTH;
  return fixed + ((c.extras & TIMESTAMPS) !== 0 ? TIMESTAMPS_PADDED : 0);
}

function listensAt(handler: SynHandler, address: number): boolean {
  const { localAddress } = handler;
  return localAddress === 0 || localAddress === address || (localAddress === ANY_IPV4 && address < FIRST_IPV6);
}

import type { Route } from "../ipv4/routes.ts";
import {
  ACK,
  createDhcpMessage,
  DECLINE,
  type DhcpMessage,
  DISCOVER,
  NAK,
  OFFER,
  OP_REPLY,
  RELEASE,
  REQUEST,
} from "../wire/dhcpv4.ts";
import { maskPrefix } from "../wire/ipv4-address.ts";

export type DhcpState = "rebooting" | "init" | "selecting" | "requesting" | "bound" | "renewing" | "rebinding";

/** An address on loan. Times are milliseconds, monotonic. */
export interface Lease {
  readonly address: number;
  readonly prefix: number;
  /** 0: none. */
  readonly gateway: number;
  /** Those beside the default route (RFC 3442). */
  readonly routes: readonly Route[];
  readonly dns: readonly number[];
  readonly ntp: readonly number[];
  /** "" when the server has no name for us. */
  readonly hostName: string;
  readonly domainName: string;
  /** 0: the link's. */
  readonly mtu: number;
  readonly server: number;
  readonly renewAt: number;
  readonly rebindAt: number;
  readonly expiresAt: number;
}

/** Sends one message: to everybody, or to `server` alone from our address. */
export type DhcpSink = (message: DhcpMessage, server: number) => void;

/** "a randomized exponential backoff … first 4 seconds … up to 64" (RFC 2131 4.1); a virtual network answers at once, so the first comes sooner. */
const FIRST_RETRY = 500;
const MAX_RETRY = 64_000;
/** The same for the address that we had before we booted: who has not heard of it stays silent (RFC 2131 3.2 step 2). */
const MAX_REBOOTS = 2;
/** REQUESTs without an answer before it starts over (RFC 2131 3.1 step 5). */
const MAX_REQUESTS = 4;
/** "a minimum of 60 seconds" between renewal attempts (RFC 2131 4.4.5). */
const MIN_RENEW = 60_000;
/** "The client SHOULD wait a minimum of ten seconds before restarting" after DECLINE (RFC 2131 3.1 step 5). */
export const DECLINE_WAIT = 10_000;
/** "Every internet module must be able to forward a datagram of 68 octets" (RFC 791 3.2): less is no MTU (RFC 2132 5.1). */
const MIN_MTU = 68;
/** What a server may make us use at the least: below it a segment is mostly header, and every host takes 576 (RFC 791 3.1). */
const LEAST_MTU = 576;
const FOREVER = 0xffffffff;

/** The client of RFC 2131 4.4 as a machine: `process`, `dispatch`, `pollAt`. Times are milliseconds. */
export class DhcpClient {
  state: DhcpState = "init";
  /** What is in force; undefined while there is none. */
  lease: Lease | undefined;
  readonly #mac: Uint8Array;
  readonly #random: () => number;
  readonly #hostName: string;
  #transaction = 0;
  #offered = 0;
  #server = 0;
  #startedAt = 0;
  /** Of the last DISCOVER. */
  #seconds = 0;
  #retry = FIRST_RETRY;
  #tries = 0;
  #nextAt = 0;

  /**
   * @param random 32 random bits
   * @param hostName what we would like to be called; "": no wish
   * @param remembered the address that we had before we booted, int32: asked for first (INIT-REBOOT); 0: none
   */
  constructor(mac: Uint8Array, random: () => number, hostName = "", remembered = 0) {
    this.#mac = mac;
    this.#random = random;
    this.#hostName = hostName;
    if (remembered === 0) return;
    this.state = "rebooting";
    this.#offered = remembered;
    this.#transaction = random() | 0;
  }

  pollAt(): number {
    return this.#nextAt;
  }

  /** A message arrived at port 68. True: `lease` has changed. */
  process(message: DhcpMessage, now: number): boolean {
    if (message.op !== OP_REPLY || message.transaction !== this.#transaction) return false;
    for (let index = 0; index < 6; index++) if (message.mac[index] !== this.#mac[index]) return false;
    if (this.state === "selecting") {
      if (message.type !== OFFER || message.yourAddress === 0 || message.server === 0) return false;
      this.#offered = message.yourAddress;
      this.#server = message.server;
      this.state = "requesting";
      this.#tries = 0;
      this.#retry = FIRST_RETRY;
      this.#nextAt = now;
      return false;
    }
    if (this.state === "init" || this.state === "bound") return false;
    // Nothing was asked yet.
    if (this.state === "rebooting" && this.#tries === 0) return false;
    if (message.type === NAK) {
      // Only of the server that was asked; while rebinding anyone may say so.
      if (this.state === "requesting" && message.server !== this.#server) return false;
      const had = this.lease !== undefined;
      this.lease = undefined;
      this.#restart(now);
      return had;
    }
    if (message.type !== ACK || message.yourAddress === 0) return false;
    const asked = this.state === "requesting" || this.state === "rebooting";
    if (asked && message.yourAddress !== this.#offered) return false;
    return this.#bind(message, now);
  }

  /** Somebody else has the address: tells the server, and asks for another one after a while (RFC 2131 3.1 step 5). */
  decline(now: number, sink: DhcpSink): void {
    this.#giveUp(DECLINE, sink);
    this.#restart(now + DECLINE_WAIT);
  }

  /** Gives the lease back; the client does nothing any more (RFC 2131 3.1 step 6). */
  release(sink: DhcpSink): void {
    this.#giveUp(RELEASE, sink);
    this.state = "init";
    this.#nextAt = Number.POSITIVE_INFINITY;
  }

  #giveUp(type: typeof DECLINE | typeof RELEASE, sink: DhcpSink): void {
    const { lease } = this;
    if (lease === undefined) return;
    this.#transaction = this.#random() | 0;
    const message = createDhcpMessage();
    message.type = type;
    message.transaction = this.#transaction;
    message.mac = this.#mac;
    message.server = lease.server;
    // RFC 2131 table 5: who declines has no address, who releases still has.
    if (type === DECLINE) message.requestedAddress = lease.address;
    else message.clientAddress = lease.address;
    sink(message, type === DECLINE ? 0 : lease.server);
    this.lease = undefined;
  }

  /** Sends what is due. True: the lease has run out. */
  dispatch(now: number, sink: DhcpSink): boolean {
    if (now < this.#nextAt) return false;
    const lease = this.lease;
    if (lease !== undefined && now >= lease.expiresAt) {
      this.lease = undefined;
      this.#restart(now);
      return true;
    }
    switch (this.state) {
      case "init":
        this.#transaction = this.#random() | 0;
        this.#startedAt = now;
        this.#retry = FIRST_RETRY;
        this.#tries = 0;
        this.state = "selecting";
        this.#send(DISCOVER, now, sink);
        break;
      case "selecting":
        this.#send(DISCOVER, now, sink);
        break;
      case "rebooting":
      case "requesting":
        if (this.#tries === 0 && this.state === "rebooting") this.#startedAt = now;
        if (this.#tries >= (this.state === "rebooting" ? MAX_REBOOTS : MAX_REQUESTS)) {
          this.#restart(now);
          return this.dispatch(now, sink);
        }
        this.#send(REQUEST, now, sink);
        break;
      default:
        this.#extend(lease!, now, sink);
    }
    return false;
  }

  #restart(now: number): void {
    this.state = "init";
    this.#nextAt = now;
    this.#offered = 0;
    this.#server = 0;
  }

  /** BOUND, RENEWING, REBINDING: RFC 2131 4.4.5. */
  #extend(lease: Lease, now: number, sink: DhcpSink): void {
    const rebinding = now >= lease.rebindAt;
    if (this.state === "bound") {
      this.#transaction = this.#random() | 0;
      this.#startedAt = now;
    }
    this.state = rebinding ? "rebinding" : "renewing";
    const message = this.#message(REQUEST, now);
    message.clientAddress = lease.address;
    message.broadcast = false;
    sink(message, rebinding ? 0 : lease.server);
    const until = rebinding ? lease.expiresAt : lease.rebindAt;
    // Half of the time that is left, but not more often than once a minute.
    this.#nextAt = Math.min(now + Math.max((until - now) / 2, MIN_RENEW), until);
  }

  #bind(message: DhcpMessage, now: number): boolean {
    const before = this.lease;
    const seconds = message.leaseTime < 0 ? 3600 : message.leaseTime;
    const forever = seconds === FOREVER;
    const length = seconds * 1000;
    const renew = message.renewalTime > 0 && message.renewalTime < seconds ? message.renewalTime * 1000 : length * 0.5;
    const rebind =
      message.rebindingTime > 0 && message.rebindingTime < seconds ? message.rebindingTime * 1000 : length * 0.875;
    const at = (delay: number): number => (forever ? Number.POSITIVE_INFINITY : now + delay);
    const { routes } = message;
    this.lease = {
      address: message.yourAddress,
      prefix: maskPrefix(message.mask) ?? 24,
      // "If the DHCP server returns both … the client MUST ignore the Router option" (RFC 3442).
      gateway: (routes === undefined ? message.routers[0] : routes.find(({ prefix }) => prefix === 0)?.gateway) ?? 0,
      routes: (routes ?? []).filter(({ prefix }) => prefix > 0).map((route) => ({ ...route, source: 0 })),
      dns: message.dns,
      ntp: message.ntp,
      hostName: message.hostName,
      domainName: message.domainName,
      mtu: message.mtu < MIN_MTU ? 0 : Math.max(message.mtu, LEAST_MTU),
      server: message.server !== 0 ? message.server : this.#server,
      renewAt: at(Math.min(renew, rebind)),
      rebindAt: at(rebind),
      expiresAt: at(length),
    };
    this.state = "bound";
    this.#nextAt = this.lease.renewAt;
    return (
      before === undefined ||
      before.address !== this.lease.address ||
      before.prefix !== this.lease.prefix ||
      before.gateway !== this.lease.gateway ||
      before.mtu !== this.lease.mtu ||
      JSON.stringify(before.routes) !== JSON.stringify(this.lease.routes)
    );
  }

  #send(type: number, now: number, sink: DhcpSink): void {
    const message = this.#message(type, now);
    if (type === DISCOVER) this.#seconds = message.seconds;
    if (type === REQUEST) {
      // "MUST use the same value in the DHCP message header's 'secs' field" (RFC 2131 3.1 step 3).
      message.seconds = this.#seconds;
      message.requestedAddress = this.#offered;
      message.server = this.#server;
    }
    sink(message, 0);
    this.#tries++;
    // Up to an eighth more or less, so that a house full of images does not ask in step.
    const jitter = 0.875 + ((this.#random() & 0xffff) / 0x10000) * 0.25;
    this.#nextAt = now + this.#retry * jitter;
    this.#retry = Math.min(this.#retry * 2, MAX_RETRY);
  }

  #message(type: number, now: number): DhcpMessage {
    const message = createDhcpMessage();
    message.type = type;
    message.transaction = this.#transaction;
    message.seconds = Math.min(Math.floor((now - this.#startedAt) / 1000), 0xffff);
    message.mac = this.#mac;
    message.hostName = this.#hostName;
    // We hear no unicast before we have the address (RFC 2131 4.1).
    message.broadcast = true;
    return message;
  }
}

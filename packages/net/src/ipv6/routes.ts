import { type AddressTable, commonBits, isIpv6Multicast, isLinkLocal } from "./addresses.ts";

/** "A host MUST … at least two" default routers (RFC 4861 6.3.4); the least preferred goes first. */
export const MAX_ROUTERS = 8;
/** Prefixes on the link and static routes, each. */
export const MAX_PREFIXES = 32;

/** A network: `prefix` bits of 16 bytes. */
export interface Network {
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

interface OnLink extends Network {
  until: number;
}

/** A route from the command line. */
export interface StaticRoute extends Network {
  readonly gateway: number;
}

interface Router {
  readonly address: number;
  preference: number;
  until: number;
}

/** Prefix list, default router list and static routes (RFC 4861 5.1, RFC 4191). Times are milliseconds; Infinity: for ever. */
export class Ipv6Routes {
  readonly #table: AddressTable;
  readonly #onLink: OnLink[] = [];
  readonly #static: StaticRoute[] = [];
  readonly #routers: Router[] = [];

  constructor(table: AddressTable) {
    this.#table = table;
  }

  get routers(): readonly number[] {
    return this.#routers.map(({ address }) => address);
  }

  /** Of the static route for everything; 0: there is none. */
  get defaultGateway(): number {
    return this.#static.find(({ prefix }) => prefix === 0)?.gateway ?? 0;
  }

  /** A router says for how long it is one, 0: no longer. */
  setRouter(address: number, preference: number, until: number, now: number): void {
    const index = this.#routers.findIndex((router) => router.address === address);
    if (until <= now) {
      if (index >= 0) this.#removeRouter(index);
      return;
    }
    if (index >= 0) {
      const router = this.#routers[index]!;
      router.until = until;
      router.preference = preference;
    } else {
      if (this.#routers.length >= MAX_ROUTERS) {
        const last = this.#routers.at(-1)!;
        if (last.preference >= preference) return;
        this.#removeRouter(this.#routers.length - 1);
      }
      this.#table.retain(address);
      this.#routers.push({ address, preference, until });
    }
    this.#routers.sort((a, b) => b.preference - a.preference);
  }

  /** A prefix is on the link (RFC 4861 6.3.4) until then; no longer when that has passed. */
  setOnLink(bytes: Uint8Array, prefix: number, until: number, now: number): void {
    const index = this.#onLink.findIndex(
      (each) => each.prefix === prefix && commonBits(each.bytes, 0, bytes, 0) >= prefix,
    );
    if (until <= now) {
      if (index >= 0) this.#onLink.splice(index, 1);
    } else if (index >= 0) {
      this.#onLink[index]!.until = until;
    } else if (this.#onLink.length < MAX_PREFIXES) {
      this.#onLink.push({ bytes, prefix, until });
    }
  }

  /** False: there are too many. */
  add(route: StaticRoute): boolean {
    if (this.#static.length >= MAX_PREFIXES) return false;
    this.#table.retain(route.gateway);
    this.#static.push(route);
    return true;
  }

  /** Whether a neighbour has this address (RFC 4861 5.2). Without a route it has not (RFC 5942 4). */
  isOnLink(destination: number): boolean {
    if (isLinkLocal(destination) || isIpv6Multicast(destination)) return true;
    return this.#longest(this.#onLink, destination) !== undefined;
  }

  /** The neighbour for a destination, by longest prefix; itself when it is on the link; 0: no route. */
  nextHop(destination: number): number {
    if (isLinkLocal(destination) || isIpv6Multicast(destination)) return destination;
    const onLink = this.#longest(this.#onLink, destination);
    const route = this.#longest(this.#static, destination);
    if (onLink !== undefined && (route === undefined || onLink.prefix >= route.prefix)) return destination;
    if (route !== undefined && route.prefix > 0) return route.gateway;
    return this.#routers[0]?.address ?? route?.gateway ?? 0;
  }

  /** A router does not answer: others come first until it speaks again (RFC 4861 6.3.6). */
  demote(address: number): void {
    const index = this.#routers.findIndex((router) => router.address === address);
    if (index >= 0) this.#routers.push(...this.#routers.splice(index, 1));
  }

  expire(now: number): void {
    for (let index = this.#routers.length - 1; index >= 0; index--) {
      if (this.#routers[index]!.until <= now) this.#removeRouter(index);
    }
    for (let index = this.#onLink.length - 1; index >= 0; index--) {
      if (this.#onLink[index]!.until <= now) this.#onLink.splice(index, 1);
    }
  }

  pollAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { until } of this.#routers) at = Math.min(at, until);
    for (const { until } of this.#onLink) at = Math.min(at, until);
    return at;
  }

  #longest<Entry extends Network>(entries: readonly Entry[], destination: number): Entry | undefined {
    const { bytes } = this.#table;
    const at = this.#table.at(destination);
    let best: Entry | undefined;
    for (const entry of entries) {
      if (best !== undefined && entry.prefix <= best.prefix) continue;
      if (commonBits(bytes, at, entry.bytes, 0) >= entry.prefix) best = entry;
    }
    return best;
  }

  #removeRouter(index: number): void {
    const [router] = this.#routers.splice(index, 1);
    this.#table.release(router!.address);
  }
}

import { prefixMask } from "../wire/ipv4-address.ts";

/** Routes at once: a network that tells of more by DHCP has its first ones. */
export const MAX_ROUTES = 64;

export interface Route {
  readonly destination: number;
  /** 0 to 32; 0 is the default route. */
  readonly prefix: number;
  /** 0: the destination is on the link. */
  readonly gateway: number;
  /** The address that packets on this route come from; 0: the one that shares a network with the gateway, else the first. */
  readonly source: number;
}

/** Longest prefix first (RFC 1122 3.3.1.2, RFC 1812 5.2.4.3); of two alike the earlier one. Few routes: a list is searched. */
export class RouteTable {
  readonly #routes: Route[] = [];

  get routes(): readonly Route[] {
    return this.#routes;
  }

  /** False: the table is full. */
  add(route: Route): boolean {
    if (this.#routes.length >= MAX_ROUTES) return false;
    let index = this.#routes.length;
    while (index > 0 && this.#routes[index - 1]!.prefix < route.prefix) index--;
    this.#routes.splice(index, 0, route);
    return true;
  }

  clear(): void {
    this.#routes.length = 0;
  }

  lookup(destination: number): Route | undefined {
    for (const route of this.#routes) {
      if (((route.destination ^ destination) & prefixMask(route.prefix)) === 0) return route;
    }
    return undefined;
  }
}

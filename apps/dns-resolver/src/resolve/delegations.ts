import { type DnsMessage, type DnsRecord, formatAddress, formatIpv6, lowerName } from "@soloist/net/dns";

/** A name server of a zone, and its addresses as far as they are known. */
export interface NameServer {
  readonly name: string;
  addresses: readonly string[];
}

/** Whom to ask about a zone. Names are in lower case; the root is "". */
export interface Delegation {
  readonly zone: string;
  readonly servers: readonly NameServer[];
  /** Milliseconds. */
  readonly expiresAt: number;
}

/** Name servers of one zone that are looked at; the root has 13, most zones two or four. */
const MAX_NAME_SERVERS = 13;
const MAX_ADDRESSES = 4;
/** Zones that are remembered; the one that came first leaves. */
const MAX_ZONES = 4096;
/** Seconds. */
const LEAST_TTL = 5;
const MOST_TTL = 86_400;

/** Whether `name` is `zone` or below it. */
export function isWithin(name: string, zone: string): boolean {
  return zone === "" || name === zone || name.endsWith(`.${zone}`);
}

export function labelCount(name: string): number {
  return name === "" ? 0 : name.split(".").length;
}

/** The last `count` labels. */
export function lastLabels(name: string, count: number): string {
  return name.split(".").slice(-count).join(".");
}

/** The address of an A or AAAA record as text; `undefined` for others, and for those that no server on the Internet has. */
export function addressOf(record: DnsRecord, ipv6: boolean): string | undefined {
  if (record.type === "A") {
    const first = record.address >>> 24;
    return first === 0 || first === 127 || first >= 224 ? undefined : formatAddress(record.address);
  }
  if (record.type !== "AAAA" || !ipv6) return undefined;
  const first = record.address[0]!;
  return first === 0 || first === 0xff ? undefined : formatIpv6(record.address);
}

/**
 * What a message of a server of `zone` says of who knows more about `name`: name servers of a zone below `zone` that `name` is in. Their
 * addresses are believed only when they too lie in `zone` (RFC 5452 6, RFC 9471): else it has no say in them.
 */
export function readReferral(
  message: DnsMessage,
  zone: string,
  name: string,
  ipv6: boolean,
  now: number,
): Delegation | undefined {
  let child: string | undefined;
  let ttl = MOST_TTL;
  const names: string[] = [];
  for (const record of message.authorities) {
    if (record.type !== "NS" || record.class !== 1) continue;
    const owner = lowerName(record.name);
    if (owner === zone || !isWithin(owner, zone) || !isWithin(name, owner)) continue;
    child ??= owner;
    if (owner !== child || names.length >= MAX_NAME_SERVERS) continue;
    ttl = Math.min(ttl, record.ttl);
    names.push(lowerName(record.target));
  }
  if (child === undefined) return undefined;
  const servers = names.map((server) => ({
    name: server,
    addresses: isWithin(server, zone) ? glue(message, server, ipv6) : [],
  }));
  return { zone: child, servers, expiresAt: now + Math.max(ttl, LEAST_TTL) * 1000 };
}

function glue(message: DnsMessage, server: string, ipv6: boolean): string[] {
  const addresses: string[] = [];
  for (const record of message.additionals) {
    if (addresses.length >= MAX_ADDRESSES || record.class !== 1 || lowerName(record.name) !== server) continue;
    const address = addressOf(record, ipv6);
    if (address !== undefined) addresses.push(address);
  }
  return addresses;
}

/** Zones and their servers, bounded. Times are arguments, milliseconds. */
export class Delegations {
  readonly #byZone = new Map<string, Delegation>();
  readonly #root: Delegation;

  constructor(roots: readonly string[]) {
    this.#root = { zone: "", servers: [{ name: "", addresses: roots }], expiresAt: Number.POSITIVE_INFINITY };
  }

  get size(): number {
    return this.#byZone.size;
  }

  put(delegation: Delegation): void {
    this.#byZone.delete(delegation.zone);
    if (this.#byZone.size >= MAX_ZONES) this.#byZone.delete(this.#byZone.keys().next().value!);
    this.#byZone.set(delegation.zone, delegation);
  }

  /** Forgets what led nowhere, so that the zone above is asked again. */
  drop(delegation: Delegation): void {
    this.#byZone.delete(delegation.zone);
  }

  /** That of the longest zone that `name` is in. */
  closest(name: string, now: number): Delegation {
    for (let zone = name; zone !== ""; ) {
      const known = this.#byZone.get(zone);
      if (known !== undefined && known.expiresAt > now) return known;
      const dot = zone.indexOf(".");
      zone = dot < 0 ? "" : zone.slice(dot + 1);
    }
    return this.#root;
  }
}

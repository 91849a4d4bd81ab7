import { parseIpv6 } from "../wire/ipv6-address.ts";
import { type AddressTable, commonBits, isIpv6, isIpv6Multicast, isLinkLocal, LOOPBACK } from "./addresses.ts";

/** The policy table of RFC 6724 2.1: prefix, its length, precedence, label. */
const POLICY = (
  [
    ["::1", 128, 50, 0],
    ["::", 0, 40, 1],
    ["::ffff:0:0", 96, 35, 4],
    ["2002::", 16, 30, 2],
    ["2001::", 32, 5, 5],
    ["fc00::", 7, 3, 13],
    ["::", 96, 1, 3],
    ["fec0::", 10, 1, 11],
    ["3ffe::", 16, 1, 12],
  ] as const
).map(([prefix, length, precedence, label]) => ({ prefix: parseIpv6(prefix)!, length, precedence, label }));

const IPV4_POLICY = POLICY[2]!;

/** Scopes (RFC 6724 3.1): the bigger the wider. */
export const SCOPE_LINK = 2;
export const SCOPE_SITE = 5;
export const SCOPE_GLOBAL = 14;

function policyOf(table: AddressTable, address: number): (typeof POLICY)[number] {
  if (!isIpv6(address)) return IPV4_POLICY;
  let best = POLICY[1]!;
  for (const entry of POLICY) {
    if (entry.length > best.length && commonBits(table.bytes, table.at(address), entry.prefix, 0) >= entry.length) {
      best = entry;
    }
  }
  return best;
}

/** Whether an address is like most of the Internet's: those that are go to them before IPv4 does. */
export function isNative(table: AddressTable, address: number): boolean {
  return policyOf(table, address) === POLICY[1];
}

export function scopeOf(table: AddressTable, address: number): number {
  if (isIpv6Multicast(address)) return table.bytes[table.at(address) + 1]! & 15;
  if (isLinkLocal(address) || address === LOOPBACK) return SCOPE_LINK;
  const at = table.at(address);
  return table.bytes[at] === 0xfe && (table.bytes[at + 1]! & 0xc0) === 0xc0 ? SCOPE_SITE : SCOPE_GLOBAL;
}

/** An address that a packet could come from. */
export interface SourceCandidate {
  readonly address: number;
  readonly deprecated: boolean;
  /** Made up for a while (RFC 8981). */
  readonly temporary?: boolean;
}

/**
 * The source for a destination (RFC 6724 5), 0 when there is none. Reduced: rule 4 (home addresses) has
 * nothing to choose from, and with one interface rule 5 never does; rule 5.5 is left out, since all routers are on one link.
 */
export function selectSource(table: AddressTable, candidates: readonly SourceCandidate[], destination: number): number {
  let best: SourceCandidate | undefined;
  for (const candidate of candidates) {
    if (best === undefined || isBetter(table, candidate, best, destination)) best = candidate;
  }
  return best?.address ?? 0;
}

function isBetter(table: AddressTable, a: SourceCandidate, b: SourceCandidate, destination: number): boolean {
  // Rule 1: the same address.
  if (a.address === destination) return true;
  if (b.address === destination) return false;
  // Rule 2: the narrowest scope that reaches.
  const [scopeA, scopeB] = [scopeOf(table, a.address), scopeOf(table, b.address)];
  if (scopeA !== scopeB) {
    const wanted = scopeOf(table, destination);
    return scopeA < scopeB ? scopeA >= wanted : scopeB < wanted;
  }
  // Rule 3: not deprecated.
  if (a.deprecated !== b.deprecated) return b.deprecated;
  // Rule 6: the destination's label.
  const label = policyOf(table, destination).label;
  const [fitsA, fitsB] = [policyOf(table, a.address).label === label, policyOf(table, b.address).label === label];
  if (fitsA !== fitsB) return fitsA;
  // Rule 7: temporary.
  if (a.temporary !== b.temporary) return a.temporary === true;
  // Rule 8: longest matching prefix.
  return table.commonPrefix(a.address, destination) > table.commonPrefix(b.address, destination);
}

/** A destination with the source that it would have, 0 for none. */
export interface Destination {
  readonly address: number;
  readonly source: number;
}

/**
 * Destinations in the order to try them (RFC 6724 6): usable ones, matching scope, matching label, precedence, smaller scope,
 * longest prefix; else as they were. Reduced: rules 3, 4 and 7 need what one interface without mobility does not have.
 */
export function sortDestinations<Each extends Destination>(table: AddressTable, destinations: readonly Each[]): Each[] {
  const keys = new Map(
    destinations.map((each) => {
      const { address, source } = each;
      const policy = policyOf(table, address);
      const scope = isIpv6(address) ? scopeOf(table, address) : ipv4Scope(address);
      const sourceScope = source === 0 ? -1 : isIpv6(source) ? scopeOf(table, source) : ipv4Scope(source);
      const sameLabel = source !== 0 && policyOf(table, source).label === policy.label;
      const common = source !== 0 && isIpv6(address) && isIpv6(source) ? table.commonPrefix(source, address) : 0;
      return [
        each,
        [source !== 0 ? 1 : 0, scope === sourceScope ? 1 : 0, sameLabel ? 1 : 0, policy.precedence, -scope, common],
      ] as const;
    }),
  );
  return [...destinations].sort((a, b) => {
    const [left, right] = [keys.get(a)!, keys.get(b)!];
    for (let index = 0; index < left.length; index++) {
      if (left[index] !== right[index]) return right[index]! - left[index]!;
    }
    return 0;
  });
}

/** 127/8 and 169.254/16 are link-local, all others global (RFC 6724 3.2). */
function ipv4Scope(address: number): number {
  return address >>> 24 === 127 || address >>> 16 === 0xa9fe ? SCOPE_LINK : SCOPE_GLOBAL;
}

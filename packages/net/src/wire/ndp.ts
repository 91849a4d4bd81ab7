import { HEADER_LENGTH } from "./icmpv6.ts";

/** Neighbor Discovery, RFC 4861 4: what stands behind the ICMPv6 header, and options. */
export const TARGET = HEADER_LENGTH;
/** Header and target of a solicitation or an advertisement. */
export const NEIGHBOR_LENGTH = 24;
export const ROUTER_ADVERTISEMENT_LENGTH = 16;

/** Flags of a neighbour advertisement, the first byte of `rest`. */
export const FLAG_ROUTER = 0x80000000 | 0;
export const FLAG_SOLICITED = 0x40000000;
export const FLAG_OVERRIDE = 0x20000000;

export const OPTION_SOURCE_LINK = 1;
export const OPTION_TARGET_LINK = 2;
export const OPTION_PREFIX = 3;
export const OPTION_MTU = 5;
/** RFC 8106 5. */
export const OPTION_RDNSS = 25;
export const OPTION_DNSSL = 31;

/** Length of a link-layer address option for Ethernet. */
export const LINK_OPTION_LENGTH = 8;

/** "All … options have a length that is greater than zero" (RFC 4861 6.1.1): else the whole message is void. More than so many are not looked at. */
export const MAX_NDP_OPTIONS = 32;

/**
 * Whether the options between `at` and `end` are well-formed; `onOption` hears of each. It is called before a malformed one is
 * found, so check first: {@link optionsValid}.
 */
export function eachOption(
  bytes: Uint8Array,
  at: number,
  end: number,
  onOption: (type: number, at: number, length: number) => void,
): boolean {
  for (let count = 0; at < end; count++) {
    if (at + 2 > end || count >= MAX_NDP_OPTIONS) return false;
    const length = bytes[at + 1]! << 3;
    if (length === 0 || at + length > end) return false;
    onOption(bytes[at]!, at, length);
    at += length;
  }
  return true;
}

export function optionsValid(bytes: Uint8Array, at: number, end: number): boolean {
  return eachOption(bytes, at, end, () => {});
}

/** Where the first option of a type begins; -1: there is none. The options must be valid. */
export function findOption(bytes: Uint8Array, at: number, end: number, type: number): number {
  while (at < end) {
    if (bytes[at] === type) return at;
    at += bytes[at + 1]! << 3;
  }
  return -1;
}

/** A link-layer address option with an Ethernet address. */
export function emitLinkOption(into: Uint8Array, at: number, type: number, mac: Uint8Array): void {
  into[at] = type;
  into[at + 1] = 1;
  for (let index = 0; index < 6; index++) into[at + 2 + index] = mac[index]!;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** A router advertisement (RFC 4861 4.2). Times are milliseconds, lifetimes Infinity for 0xffffffff; 0: the router does not say. */
export interface RouterAdvertisement {
  hopLimit: number;
  /** Addresses come from DHCPv6, other things do. */
  managed: boolean;
  other: boolean;
  /** 1: high, 0: medium, -1: low (RFC 4191 2.1). */
  preference: number;
  /** 0: not a default router. */
  lifetime: number;
  reachableTime: number;
  retransmitTime: number;
  mtu: number;
  /** Where the router's link-layer address is in the message; -1: not told. */
  linkAt: number;
  readonly prefixes: PrefixInformation[];
  /** Name servers: where their addresses lie, and how long they hold. */
  readonly servers: { readonly at: number; readonly lifetime: number }[];
  /** Search domains: where encoded names lie, and how long they hold. */
  readonly domains: { readonly at: number; readonly length: number; readonly lifetime: number }[];
}

/** RFC 4861 4.6.2. */
export interface PrefixInformation {
  /** Where the 16 bytes of the prefix lie. */
  readonly at: number;
  readonly length: number;
  readonly onLink: boolean;
  readonly autonomous: boolean;
  readonly validLifetime: number;
  readonly preferredLifetime: number;
}

function seconds(bytes: Uint8Array, at: number): number {
  const value = readUint32(bytes, at);
  return value === 0xffffffff ? Number.POSITIVE_INFINITY : value * 1000;
}

/** The message of `length` bytes at `at`, ICMPv6 header included; `undefined` when it is malformed (RFC 4861 6.1.2). */
export function parseRouterAdvertisement(
  bytes: Uint8Array,
  at: number,
  length: number,
): RouterAdvertisement | undefined {
  const end = at + length;
  if (length < ROUTER_ADVERTISEMENT_LENGTH || !optionsValid(bytes, at + ROUTER_ADVERTISEMENT_LENGTH, end)) {
    return undefined;
  }
  const flags = bytes[at + 5]!;
  // "Reserved (10) … MUST be treated as … (00)" (RFC 4191 2.2).
  const preference = [0, 1, 0, -1][(flags >> 3) & 3]!;
  const ra: RouterAdvertisement = {
    hopLimit: bytes[at + 4]!,
    managed: (flags & 0x80) !== 0,
    other: (flags & 0x40) !== 0,
    preference,
    lifetime: ((bytes[at + 6]! << 8) | bytes[at + 7]!) * 1000,
    reachableTime: readUint32(bytes, at + 8),
    retransmitTime: readUint32(bytes, at + 12),
    mtu: 0,
    linkAt: -1,
    prefixes: [],
    servers: [],
    domains: [],
  };
  eachOption(bytes, at + ROUTER_ADVERTISEMENT_LENGTH, end, (type, option, size) => {
    if (type === OPTION_SOURCE_LINK && size === LINK_OPTION_LENGTH) ra.linkAt = option + 2;
    else if (type === OPTION_MTU && size === 8) ra.mtu = readUint32(bytes, option + 4);
    else if (type === OPTION_PREFIX && size === 32) ra.prefixes.push(parsePrefix(bytes, option));
    else if (type === OPTION_RDNSS && size >= 24) {
      const lifetime = seconds(bytes, option + 4);
      for (let server = option + 8; server + 16 <= option + size; server += 16)
        ra.servers.push({ at: server, lifetime });
    } else if (type === OPTION_DNSSL && size >= 16) {
      ra.domains.push({ at: option + 8, length: size - 8, lifetime: seconds(bytes, option + 4) });
    }
  });
  return ra;
}

function parsePrefix(bytes: Uint8Array, at: number): PrefixInformation {
  return {
    at: at + 16,
    length: bytes[at + 2]!,
    onLink: (bytes[at + 3]! & 0x80) !== 0,
    autonomous: (bytes[at + 3]! & 0x40) !== 0,
    validLifetime: seconds(bytes, at + 4),
    preferredLifetime: seconds(bytes, at + 8),
  };
}

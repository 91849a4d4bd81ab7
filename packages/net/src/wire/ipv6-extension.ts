import { DESTINATION_OPTIONS, FRAGMENT, HOP_BY_HOP, NO_NEXT_HEADER, ROUTING } from "./ipv6.ts";

/** Headers between IPv6 and the transport; honest packets have two or three (RFC 8504 5.3 lets hosts limit them). */
export const MAX_EXTENSION_HEADERS = 8;
/** Bytes of all of them. */
export const MAX_EXTENSION_BYTES = 1024;
/** "a limit on the number of … options"; the default is 8 (RFC 8504 5.3). */
export const MAX_OPTIONS = 8;

export const FRAGMENT_LENGTH = 8;
/** In the field behind the offset: more follow. */
export const MORE_FRAGMENTS = 1;

const OPTION_PAD1 = 0;
const OPTION_PADN = 1;
const OPTION_ROUTER_ALERT = 5;

/** What the walk came to. */
export const CHAIN_TRANSPORT = 0;
export const CHAIN_FRAGMENT = 1;
/** To be dropped without a word. */
export const CHAIN_DROP = 2;
/** To be answered with Parameter Problem: `code` and `pointer` say how; `quietToGroups` when a group was addressed. */
export const CHAIN_PROBLEM = 3;

/** Parameter Problem (RFC 4443 3.4, RFC 7112 5). */
export const PROBLEM_HEADER_FIELD = 0;
export const PROBLEM_NEXT_HEADER = 1;
export const PROBLEM_OPTION = 2;
export const PROBLEM_CHAIN = 3;

export interface ExtensionChain {
  /** The header that the walk stopped at: the transport's number, or FRAGMENT. */
  protocol: number;
  /** Where that header begins. */
  at: number;
  /** Where the byte that names it is, for Parameter Problem. */
  namedAt: number;
  code: number;
  pointer: number;
  quietToGroups: boolean;
  /** Of a fragment header. */
  identification: number;
  /** Of the fragment, bytes; `more` follow. */
  offset: number;
  more: boolean;
}

export function createExtensionChain(): ExtensionChain {
  return {
    protocol: NO_NEXT_HEADER,
    at: 0,
    namedAt: 0,
    code: 0,
    pointer: 0,
    quietToGroups: false,
    identification: 0,
    offset: 0,
    more: false,
  };
}

/**
 * Walks the extension headers (RFC 8200 4) in `bytes` from `at` to `end`, the first of which is `protocol`, named at
 * `namedAt`. Stops at a fragment header or behind the last extension header. `first`: nothing precedes but the IPv6 header,
 * so that hop-by-hop options are in their place.
 */
export function walkExtensions(
  bytes: Uint8Array,
  at: number,
  end: number,
  protocol: number,
  namedAt: number,
  first: boolean,
  chain: ExtensionChain,
): number {
  const limit = at + MAX_EXTENSION_BYTES;
  chain.quietToGroups = true;
  for (let count = 0; ; count++) {
    chain.protocol = protocol;
    chain.at = at;
    chain.namedAt = namedAt;
    if (protocol === NO_NEXT_HEADER) return CHAIN_DROP;
    if (protocol === HOP_BY_HOP) {
      // "it must appear … immediately after the IPv6 header" (RFC 8200 4.1): elsewhere it is a header that nobody knows.
      if (!first || count > 0) return problem(chain, PROBLEM_NEXT_HEADER, namedAt);
    } else if (protocol !== DESTINATION_OPTIONS && protocol !== ROUTING && protocol !== FRAGMENT) {
      return CHAIN_TRANSPORT;
    }
    if (count >= MAX_EXTENSION_HEADERS) return CHAIN_DROP;
    if (at + 8 > end) return problem(chain, PROBLEM_CHAIN, namedAt);
    if (protocol === FRAGMENT) {
      const word = (bytes[at + 2]! << 8) | bytes[at + 3]!;
      chain.offset = word & 0xfff8;
      chain.more = (word & MORE_FRAGMENTS) !== 0;
      chain.identification = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
      return CHAIN_FRAGMENT;
    }
    const next = at + ((bytes[at + 1]! + 1) << 3);
    if (next > limit) return CHAIN_DROP;
    if (next > end) return problem(chain, PROBLEM_CHAIN, namedAt);
    if (protocol === ROUTING) {
      // Nothing to be visited: ignored. Else whatever type it is, 0 too: nobody routes through us (RFC 8200 4.4, RFC 5095 3).
      if (bytes[at + 3] !== 0) return problem(chain, PROBLEM_HEADER_FIELD, at + 2);
    } else {
      const outcome = walkOptions(bytes, at + 2, next, chain);
      if (outcome !== CHAIN_TRANSPORT) return outcome;
    }
    namedAt = at;
    protocol = bytes[at]!;
    at = next;
  }
}

function problem(chain: ExtensionChain, code: number, pointer: number): number {
  chain.code = code;
  chain.pointer = pointer;
  return CHAIN_PROBLEM;
}

/** Options (RFC 8200 4.2): none means anything to a host; the highest two bits say what to do with those that are not known. */
function walkOptions(bytes: Uint8Array, at: number, end: number, chain: ExtensionChain): number {
  let count = 0;
  while (at < end) {
    const type = bytes[at]!;
    if (type === OPTION_PAD1) {
      at++;
      continue;
    }
    if (at + 2 > end || at + 2 + bytes[at + 1]! > end) return problem(chain, PROBLEM_HEADER_FIELD, at);
    if (type !== OPTION_PADN) {
      if (++count > MAX_OPTIONS) return CHAIN_DROP;
      if (type !== OPTION_ROUTER_ALERT && type >> 6 !== 0) {
        if (type >> 6 === 1) return CHAIN_DROP;
        chain.quietToGroups = type >> 6 === 3;
        return problem(chain, PROBLEM_OPTION, at);
      }
    }
    at += 2 + bytes[at + 1]!;
  }
  return CHAIN_TRANSPORT;
}

/** A fragment header (RFC 8200 4.5). `offset` in bytes, a multiple of 8. */
export function emitFragmentHeader(
  into: Uint8Array,
  at: number,
  protocol: number,
  offset: number,
  more: boolean,
  identification: number,
): void {
  const word = offset | (more ? MORE_FRAGMENTS : 0);
  into[at] = protocol;
  into[at + 1] = 0;
  into[at + 2] = word >> 8;
  into[at + 3] = word;
  into[at + 4] = identification >> 24;
  into[at + 5] = identification >> 16;
  into[at + 6] = identification >> 8;
  into[at + 7] = identification;
}

/** Hop-by-hop options with a router alert for MLD (RFC 2711 2.1), padded: eight bytes. */
export const ROUTER_ALERT_LENGTH = 8;

export function emitRouterAlert(into: Uint8Array, at: number, protocol: number): void {
  into[at] = protocol;
  into[at + 1] = 0;
  into[at + 2] = OPTION_ROUTER_ALERT;
  into[at + 3] = 2;
  into[at + 4] = 0;
  into[at + 5] = 0;
  into[at + 6] = OPTION_PADN;
  into[at + 7] = 0;
}

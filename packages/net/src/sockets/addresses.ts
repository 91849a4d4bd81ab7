import { AddressError, InvalidArgumentError } from "../errors.ts";
import type { Ipv4Egress } from "../ipv4/egress.ts";
import { type AddressTable, ANY_IPV4, isIpv6, LOOPBACK, UNSPECIFIED } from "../ipv6/addresses.ts";
import type { Ipv6Host } from "../ipv6/host.ts";

/** What sockets know of addresses: text, and which are ours. */
export interface SocketAddresses {
  readonly table: AddressTable;
  readonly ipv4: Ipv4Egress;
  readonly ipv6: Ipv6Host;
}

/** The number of an address; throws `EINVAL`. */
export function assertAddress({ table }: SocketAddresses, text: string): number {
  const address = table.parse(text);
  if (address === undefined) throw new InvalidArgumentError(`not an address: ${JSON.stringify(text)}`);
  return address;
}

/**
 * What a socket is bound to: 0 for any address, of both families without `text` and for `::`, as in Node.js; ANY_IPV4 for
 * `0.0.0.0`. Throws `EADDRNOTAVAIL` for what is not ours.
 */
export function assertLocal(addresses: SocketAddresses, text: string | undefined): number {
  if (text === undefined) return 0;
  const address = assertAddress(addresses, text);
  if (address === UNSPECIFIED) return 0;
  if (address === 0) return ANY_IPV4;
  const { ipv4, ipv6 } = addresses;
  // One that is still being probed for is taken too: it is ours within a second, or nothing comes for it.
  const ours = isIpv6(address) ? address === LOOPBACK || ipv6.own.find(address) !== undefined : ipv4.isLocal(address);
  if (!ours) throw new AddressError("EADDRNOTAVAIL", `${text} is not an address of this stack`);
  return address;
}

/** The address of a socket that is bound to `address`, to be asked for at any time; of one that is bound to any, the first one of ours. */
export function localText({ table, ipv4, ipv6 }: SocketAddresses, address: number): () => string {
  if (address !== 0 && address !== ANY_IPV4) {
    // Now: once the socket is closed nobody holds the number.
    const text = table.format(address);
    return () => text;
  }
  return () => anyText(table, ipv4, ipv6, address);
}

function anyText(table: AddressTable, ipv4: Ipv4Egress, ipv6: Ipv6Host, address: number): string {
  if (ipv4.config.address !== 0 || address === ANY_IPV4) return table.format(ipv4.config.address);
  const own = ipv6.own.list.filter(({ tentative }) => !tentative);
  return own.length === 0 ? "::" : table.format((own.find(({ origin }) => origin !== "link-local") ?? own[0]!).address);
}

/** What packets for `address` go through; throws nothing: without a route `nextHop` is 0. */
export function egressFor({ ipv4, ipv6 }: SocketAddresses, address: number): Ipv4Egress | Ipv6Host["egress"] {
  return isIpv6(address) ? ipv6.egress : ipv4;
}

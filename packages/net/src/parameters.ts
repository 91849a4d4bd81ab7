import type { Route } from "./ipv4/routes.ts";
import { encodeName } from "./wire/dns-name.ts";
import { type Cidr, parseAddress, parseCidr } from "./wire/ipv4-address.ts";
import { formatIpv6, parseIpv6 } from "./wire/ipv6-address.ts";

/** What the command line's values are parsed with: each throws an error that says what is expected. */

function cidr(text: string): Cidr {
  const value = parseCidr(text);
  if (value === undefined) throw new Error("expected an address with its prefix, such as 10.0.0.2/24");
  return value;
}

/** None: no IPv4. */
export function cidrs(text: string): readonly Cidr[] {
  return text === "off" ? [] : text.split(",").map(cidr);
}

/** An IPv6 address and the length of its network's prefix. */
export interface Ipv6Cidr {
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

/** "temporary": by routers' prefixes, and speaking from temporary ones. */
export function ipv6Cidrs(text: string): readonly Ipv6Cidr[] | "off" | "temporary" {
  if (text === "off" || text === "temporary") return text;
  if (text === "auto") return [];
  return text.split(",").map((each) => {
    const [addressText, prefixText, ...rest] = each.split("/");
    const bytes = parseIpv6(addressText!);
    const prefix = /^(0|[1-9][0-9]{0,2})$/.test(prefixText ?? "") ? Number(prefixText) : Number.NaN;
    if (bytes === undefined || !(prefix <= 128) || rest.length > 0 || bytes[0] === 0xff || isZero(bytes)) {
      throw new Error("expected an address with its prefix, such as 2001:db8::2/64, or auto, temporary or off");
    }
    return { bytes, prefix };
  });
}

/** 16 bytes. */
export function secret(text: string): Uint8Array {
  if (!/^[0-9a-fA-F]{32}$/.test(text))
    throw new Error("expected 32 hexadecimal digits, as `openssl rand -hex 16` prints them");
  return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(text.slice(2 * index, 2 * index + 2), 16));
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte, index) => byte === 0 || (index === 15 && byte === 1));
}

/** Its text: the numbers of IPv6 addresses are the stack's. */
export function ipv6Gateway(text: string): string {
  const bytes = parseIpv6(text);
  if (bytes === undefined || bytes[0] === 0xff) throw new Error("expected an address such as fe80::1");
  return formatIpv6(bytes);
}

export function routes(text: string): readonly Route[] {
  return text.split(",").map((each) => {
    const [network, gateway, ...rest] = each.split("@");
    if (network === undefined || gateway === undefined || rest.length > 0) {
      throw new Error("expected routes such as 10.1.0.0/16@10.0.0.9");
    }
    const { address: destination, prefix } = cidr(network);
    return { destination, prefix, gateway: address(gateway), source: 0 };
  });
}

export function address(text: string): number {
  const value = parseAddress(text);
  if (value === undefined) throw new Error("expected an address such as 10.0.0.1");
  return value;
}

/** Their texts, as above; "dhcp": what servers say, though the address is given. */
export function nameServers(text: string): readonly string[] | "dhcp" {
  return text === "dhcp" ? text : addresses(text);
}

function addresses(text: string): readonly string[] {
  const values = text.split(",");
  if (values.some((each) => parseAddress(each) === undefined && parseIpv6(each) === undefined)) {
    throw new Error("expected addresses such as 10.0.0.53,2001:db8::53");
  }
  return values;
}

export function domains(text: string): readonly string[] {
  const names = text.split(",");
  if (names.some((domain) => domain === "" || encodeName(domain) === undefined)) {
    throw new Error("expected domains such as example.com,example.net");
  }
  return names;
}

/**
 * IPv4 addresses are int32 in network order of significance: 10.0.0.1 is 0x0a000001, 192.168.0.1 a negative number.
 */
export const ANY = 0;
export const LIMITED_BROADCAST = -1;
/** 127.0.0.1 */
export const LOOPBACK = 0x7f000001;

export function readAddress(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

export function writeAddress(into: Uint8Array, at: number, address: number): void {
  into[at] = address >> 24;
  into[at + 1] = address >> 16;
  into[at + 2] = address >> 8;
  into[at + 3] = address;
}

export function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Dotted decimal, four parts without leading zeros; `undefined` for anything else. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return undefined;
    const value = Number(part);
    if (value > 255) return undefined;
    address = (address << 8) | value;
  }
  return address | 0;
}

/** An address and the length of its network's prefix, 0 to 32. */
export interface Cidr {
  readonly address: number;
  readonly prefix: number;
}

/** `10.0.0.2/24` */
export function parseCidr(text: string): Cidr | undefined {
  const [addressText, prefixText, ...rest] = text.split("/");
  if (addressText === undefined || prefixText === undefined || rest.length > 0) return undefined;
  if (!/^(0|[1-9][0-9]?)$/.test(prefixText)) return undefined;
  const address = parseAddress(addressText);
  const prefix = Number(prefixText);
  return address === undefined || prefix > 32 ? undefined : { address, prefix };
}

export function prefixMask(prefix: number): number {
  return prefix === 0 ? 0 : -1 << (32 - prefix);
}

/** Prefix length of a mask such as 255.255.255.0; `undefined` when its ones are not together. */
export function maskPrefix(mask: number): number | undefined {
  for (let prefix = 0; prefix <= 32; prefix++) if ((prefixMask(prefix) | 0) === (mask | 0)) return prefix;
  return undefined;
}

/** 224.0.0.0/4 (RFC 5771). */
export function isMulticast(address: number): boolean {
  return address >>> 28 === 0xe;
}

/** 127.0.0.0/8: never on a wire (RFC 1122 3.2.1.3 g). */
export function isLoopback(address: number): boolean {
  return address >>> 24 === 127;
}

import type { ByteHelpers } from "@soloist/interface";
import { InvalidArgumentError } from "../errors.ts";
import { formatAddress, parseAddress } from "../wire/ipv4-address.ts";
import { ADDRESS_LENGTH, formatIpv6, parseIpv6 } from "../wire/ipv6-address.ts";

/**
 * Addresses of both families are numbers in the stack. IPv4's are int32; an IPv6 address is a handle beyond them: the number
 * of its place in an {@link AddressTable}, plus one of these, by which its kind is known without a look at its bytes.
 *
 * So tables, demultiplexing and the TCP machine compare numbers and know no families, and IPv4's path has no work more: as
 * int32 they are the engine's small integers as before, and no handle equals any of them.
 */
export const FIRST_IPV6 = 2 ** 32;
/** fe80::/10 */
export const FIRST_LINK_LOCAL = 2 ** 33;
/** ff00::/8 */
export const FIRST_MULTICAST = 2 ** 34;

/** A local address that stands for every address of IPv4, as `"0.0.0.0"` in `listen`: in no family's range. */
export const ANY_IPV4 = 2 ** 31;

/** Places of addresses that everybody knows: they are never given away. */
export const UNSPECIFIED: number = FIRST_IPV6;
export const LOOPBACK: number = FIRST_IPV6 + 1;
export const ALL_NODES: number = FIRST_MULTICAST + 2;
export const ALL_ROUTERS: number = FIRST_MULTICAST + 3;
/** ff02::16 (RFC 3810 5.2.14). */
export const ALL_MLD_ROUTERS: number = FIRST_MULTICAST + 4;
/** ff02::1:2 (RFC 8415 7.1). */
export const ALL_DHCP_SERVERS: number = FIRST_MULTICAST + 5;
/** ff02::fb (RFC 6762 3). */
export const MDNS_GROUP: number = FIRST_MULTICAST + 6;
/** Parsed here, when an image is built: at boot it would take 0.2 ms. */
const WELL_KNOWN = ["::", "::1", "ff02::1", "ff02::2", "ff02::16", "ff02::1:2", "ff02::fb"].map(
  (text) => parseIpv6(text)!,
);

/** Addresses at once; beyond it packets from new ones are dropped. Connections, neighbours and sockets hold one or two each. */
export const MAX_ADDRESSES = 65_536;
/** Addresses that nobody holds, kept for the packet or the call that brought them; the oldest goes. */
export const MAX_LOOSE = 256;

export function isIpv6(address: number): boolean {
  return address >= FIRST_IPV6;
}

export function isLinkLocal(address: number): boolean {
  return address >= FIRST_LINK_LOCAL && address < FIRST_MULTICAST;
}

export function isIpv6Multicast(address: number): boolean {
  return address >= FIRST_MULTICAST;
}

/**
 * The IPv6 addresses that are in use, each once, counted by reference.
 *
 * A handle that nobody has retained holds for the packet or call that it came from, and until {@link MAX_LOOSE} others
 * came: whoever keeps it longer retains it and releases it later.
 */
export class AddressTable {
  /** Addresses at their places. */
  bytes = new Uint8Array(64 * ADDRESS_LENGTH);
  /** Counts packets and calls: what was looked up in the current one is not given away. */
  epoch = 1;
  readonly #zone: string;
  #references = new Int32Array(64);
  #usedAt = new Float64Array(64);
  /** Next place with the same hash; -1: none. */
  #next = new Int32Array(64).fill(-1);
  readonly #heads = new Map<number, number>();
  readonly #free: number[] = [];
  #count = 0;
  /** Places that nobody holds, oldest first; some of them are held by now. */
  readonly #loose: number[] = [];
  #inLoose = new Uint8Array(64);
  readonly #k0: number;
  readonly #k1: number;

  /** @param random 32 bits: secret, so that strangers cannot make chains long. @param zone what follows `%` in link-local addresses */
  constructor(random: () => number, zone: string) {
    this.#k0 = random() | 0;
    this.#k1 = random() | 1;
    this.#zone = zone;
    for (const bytes of WELL_KNOWN) this.retain(this.intern(bytes, 0));
  }

  /** Addresses in the table, those that everybody knows among them. */
  get size(): number {
    return this.#count - this.#free.length;
  }

  /** The handle of the 16 bytes at `at`; 0: the table is full of addresses that are held. */
  intern(bytes: Uint8Array, at: number): number {
    const hash = this.#hash(bytes, at);
    let place = this.#heads.get(hash) ?? -1;
    while (place >= 0 && !this.#same(place, bytes, at)) place = this.#next[place]!;
    if (place < 0) {
      place = this.#take();
      if (place < 0) return 0;
      for (let index = 0; index < ADDRESS_LENGTH; index++) this.bytes[place * 16 + index] = bytes[at + index]!;
      this.#next[place] = this.#heads.get(hash) ?? -1;
      this.#heads.set(hash, place);
      this.#loosen(place);
    }
    this.#usedAt[place] = this.epoch;
    return place + kind(bytes, at);
  }

  /** Holds an address; of IPv4 there is nothing to hold. */
  retain(address: number): void {
    if (address >= FIRST_IPV6) this.#references[address >>> 0]!++;
  }

  release(address: number): void {
    if (address < FIRST_IPV6) return;
    const place = address >>> 0;
    if (--this.#references[place]! === 0) this.#loosen(place);
  }

  /** Where in {@link bytes} an address lies. */
  at(address: number): number {
    return (address >>> 0) * ADDRESS_LENGTH;
  }

  /** Writes an IPv6 address. */
  write(address: number, into: Uint8Array, at: number): void {
    const { bytes } = this;
    const from = (address >>> 0) * ADDRESS_LENGTH;
    for (let index = 0; index < ADDRESS_LENGTH; index++) into[at + index] = bytes[from + index]!;
  }

  /**
   * 32 bits that stand for an address and stay when its handle goes and comes: of IPv4 it is the address itself, of IPv6 a keyed
   * hash. For what is sent out and must be known again (SYN cookies), or must not be shared (sequence numbers).
   */
  identity(address: number): number {
    return address < FIRST_IPV6 ? address : this.#hash(this.bytes, this.at(address));
  }

  /** Text of an address of either family; link-local ones with their zone, as Node.js has it. */
  format(address: number): string {
    if (address === ANY_IPV4) return "0.0.0.0";
    if (address < FIRST_IPV6) return formatAddress(address);
    const text = formatIpv6(this.bytes, this.at(address));
    return isLinkLocal(address) ? `${text}%${this.#zone}` : text;
  }

  /**
   * The number of an address of either family; `undefined` for anything else. There is one link, so that a zone is allowed in
   * link-local addresses, must be that of the device, and may be left out. `::ffff:1.2.3.4` is 1.2.3.4.
   */
  parse(text: string): number | undefined {
    const ipv4 = parseAddress(text);
    if (ipv4 !== undefined) return ipv4;
    const percent = text.indexOf("%");
    const bytes = parseIpv6(percent < 0 ? text : text.slice(0, percent));
    if (bytes === undefined) return undefined;
    if (isMapped(bytes, 0)) return (bytes[12]! << 24) | (bytes[13]! << 16) | (bytes[14]! << 8) | bytes[15]!;
    if (percent >= 0) {
      const scoped = kind(bytes, 0) === FIRST_LINK_LOCAL || (bytes[0] === 0xff && (bytes[1]! & 15) <= 2);
      if (!scoped || text.slice(percent + 1) !== this.#zone) return undefined;
    }
    this.epoch++;
    const address = this.intern(bytes, 0);
    if (address === 0) throw new InvalidArgumentError("too many IPv6 addresses are in use");
    return address;
  }

  /** The solicited-node group of an address (RFC 4291 2.7.1). */
  solicitedNode(address: number): number {
    const group = new Uint8Array([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0]);
    const at = this.at(address);
    for (let index = 13; index < 16; index++) group[index] = this.bytes[at + index]!;
    return this.intern(group, 0);
  }

  /** Partial sum of the pseudo-header (RFC 8200 8.1); `rest`: the protocol's number and the length, added. */
  pseudoSum(helpers: ByteHelpers, source: number, destination: number, rest: number): number {
    const { bytes } = this;
    return helpers.checksum(bytes, this.at(destination), 16, helpers.checksum(bytes, this.at(source), 16, rest));
  }

  /** Bits that two addresses have in common from the left, at most 128. */
  commonPrefix(a: number, b: number): number {
    const { bytes } = this;
    return commonBits(bytes, this.at(a), bytes, this.at(b));
  }

  #same(place: number, bytes: Uint8Array, at: number): boolean {
    const own = this.bytes;
    const from = place * ADDRESS_LENGTH;
    for (let index = 15; index >= 0; index--) if (own[from + index] !== bytes[at + index]) return false;
    return true;
  }

  #hash(bytes: Uint8Array, at: number): number {
    let hash = this.#k0;
    for (let index = 0; index < ADDRESS_LENGTH; index += 4) {
      const word =
        (bytes[at + index]! << 24) |
        (bytes[at + index + 1]! << 16) |
        (bytes[at + index + 2]! << 8) |
        bytes[at + index + 3]!;
      hash = Math.imul(hash ^ word, this.#k1);
      hash ^= hash >>> 15;
      hash = Math.imul(hash, 0x2c1b3c6d);
      hash ^= hash >>> 13;
    }
    return hash | 0;
  }

  #loosen(place: number): void {
    if (this.#inLoose[place] !== 0) return;
    this.#inLoose[place] = 1;
    this.#loose.push(place);
    if (this.#loose.length > MAX_LOOSE) this.#evict(place);
  }

  /** Gives the oldest place away that nobody holds, nor the current packet brought, nor is `spared`; -1: however many have to be looked at. */
  #evict(spared: number): void {
    const loose = this.#loose;
    for (let looked = loose.length; looked > 0; looked--) {
      const oldest = loose.shift()!;
      if (this.#references[oldest]! > 0) {
        this.#inLoose[oldest] = 0;
        if (spared >= 0) return;
      } else if (oldest === spared || this.#usedAt[oldest] === this.epoch) {
        loose.push(oldest);
      } else {
        this.#inLoose[oldest] = 0;
        this.#remove(oldest);
        return;
      }
    }
  }

  #remove(place: number): void {
    const hash = this.#hash(this.bytes, place * ADDRESS_LENGTH);
    const head = this.#heads.get(hash)!;
    const next = this.#next[place]!;
    if (head === place) {
      if (next >= 0) this.#heads.set(hash, next);
      else this.#heads.delete(hash);
    } else {
      let before = head;
      while (this.#next[before] !== place) before = this.#next[before]!;
      this.#next[before] = next;
    }
    this.#next[place] = -1;
    this.#free.push(place);
  }

  #take(): number {
    if (this.#free.length === 0 && this.#count >= MAX_ADDRESSES) this.#evict(-1);
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const place = this.#count;
    if (place >= MAX_ADDRESSES) return -1;
    this.#count++;
    if (this.#count > this.#references.length) this.#grow(this.#references.length * 2);
    return place;
  }

  #grow(capacity: number): void {
    const grown = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.bytes = grown(new Uint8Array(capacity * ADDRESS_LENGTH), this.bytes);
    this.#references = grown(new Int32Array(capacity), this.#references);
    this.#usedAt = grown(new Float64Array(capacity), this.#usedAt);
    this.#next = grown(new Int32Array(capacity).fill(-1), this.#next);
    this.#inLoose = grown(new Uint8Array(capacity), this.#inLoose);
  }
}

function kind(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first === 0xff) return FIRST_MULTICAST;
  return first === 0xfe && (bytes[at + 1]! & 0xc0) === 0x80 ? FIRST_LINK_LOCAL : FIRST_IPV6;
}

/** ::ffff:0:0/96 (RFC 4291 2.5.5.2): never on a wire. */
export function isMapped(bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < 10; index++) if (bytes[at + index] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

/** Bits that 16 bytes have in common with 16 others, from the left. */
export function commonBits(a: Uint8Array, at: number, b: Uint8Array, bt: number): number {
  for (let index = 0; index < ADDRESS_LENGTH; index++) {
    const differs = a[at + index]! ^ b[bt + index]!;
    if (differs !== 0) return index * 8 + Math.clz32(differs) - 24;
  }
  return 128;
}

import { hashName } from "./hash.ts";
import { BITS, COUNT, groupBits, HEAD, MAGIC, SUM, tableLength } from "./table.ts";

const BLOCK = 512;

/** Names that every list of hosts begins with, and that are no sites. */
const NOT_SITES = new Set(["localhost.localdomain", "ip6-localhost.localdomain", "0.0.0.0"]);
const NAME = /^(?=.{3,253}$)[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?(?:\.[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?)+$/;

/**
 * Names of one line of a list: of a hosts file, a list of names (`*.` in front is the same), a filter of the form `||name^`, or
 * dnsmasq's `address=/name/`. `undefined`: it is none of these. Comments and empty lines have no names.
 */
export function namesOf(line: string): string[] | undefined {
  const text = line
    .replace(/(^|\s)[#!].*$/, "")
    .trim()
    .toLowerCase();
  if (text === "" || text.startsWith("[")) return [];
  const filter = /^\|\|([^/^*|]+)\^(?:\$(?:important|all|third-party|document))?$/.exec(text);
  const dnsmasq = /^(?:address|server|local)=\/([^/]+)\//.exec(text);
  let names = filter ? [filter[1]!] : dnsmasq ? [dnsmasq[1]!] : text.split(/\s+/);
  if (names.length > 1) {
    // "address name name…"
    if (!/^[\d.]+$|^[\da-f:]*:[\da-f:.]*(?:%\w+)?$/.test(names[0]!)) return undefined;
    names = names.slice(1).filter((name) => name.includes("."));
  }
  names = names.map((name) => name.replace(/^\*\./, "").replace(/\.$/, "")).filter((name) => !NOT_SITES.has(name));
  return names.every((name) => NAME.test(name)) ? names : undefined;
}

/** The table of these names, each once, in whole blocks. The same names make the same bytes, in whatever order. */
export function makeTable(names: Iterable<string>): Uint8Array {
  const list: bigint[] = [];
  for (const name of names) {
    const { high, low } = hashName(name);
    list.push((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
  }
  const sorted = BigUint64Array.from(list).sort();
  let count = 0;
  for (const hash of sorted) if (count === 0 || hash !== sorted[count - 1]) sorted[count++] = hash;
  const bits = groupBits(count);
  const length = tableLength(count, bits);
  const bytes = new Uint8Array(Math.ceil(length / BLOCK) * BLOCK);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < MAGIC.length; index++) bytes[index] = MAGIC.charCodeAt(index);
  view.setUint32(COUNT, count, true);
  view.setUint32(BITS, bits, true);
  let group = 0;
  const first = HEAD + ((1 << bits) + 1) * 4;
  for (let index = 0; index < count; index++) {
    const hash = sorted[index]!;
    for (const own = Number(hash >> BigInt(64 - bits)); group <= own; group++) {
      view.setUint32(HEAD + group * 4, index, true);
    }
    view.setBigUint64(first + index * 8, hash, true);
  }
  for (; group <= 1 << bits; group++) view.setUint32(HEAD + group * 4, count, true);
  view.setUint32(SUM, sumOf(bytes, HEAD, length - HEAD), true);
  return bytes;
}

/** RFC 1071: 16-bit words, carries folded in, not complemented. */
export function sumOf(bytes: Uint8Array, at: number, length: number): number {
  let sum = 0;
  for (let index = at; index < at + length; index += 2) {
    sum += (bytes[index]! << 8) | (index + 1 < at + length ? bytes[index + 1]! : 0);
  }
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return sum;
}

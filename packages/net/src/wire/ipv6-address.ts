/** IPv6 addresses as text: RFC 4291 2.2, written as RFC 5952 recommends. */
export const ADDRESS_LENGTH = 16;

export function formatIpv6(bytes: Uint8Array, at = 0): string {
  const words: number[] = [];
  for (let index = 0; index < 8; index++) words.push((bytes[at + index * 2]! << 8) | bytes[at + index * 2 + 1]!);
  // "the longest run of consecutive 16-bit 0 fields MUST be shortened", the first of equals, not a single one (RFC 5952 4.2).
  let from = -1;
  let longest = 1;
  for (let index = 0; index < 8; index++) {
    let run = 0;
    while (index + run < 8 && words[index + run] === 0) run++;
    if (run > longest) {
      from = index;
      longest = run;
    }
    if (run > 0) index += run - 1;
  }
  const hex = (part: readonly number[]): string => part.map((word) => word.toString(16)).join(":");
  return from < 0 ? hex(words) : `${hex(words.slice(0, from))}::${hex(words.slice(from + longest))}`;
}

/** Sixteen bytes; `undefined` for anything but an address (no zone, no prefix). The last 32 bits may be dotted decimal. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseWords(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseWords(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // "::" stands for one group of zeros at least.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const words = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const bytes = new Uint8Array(ADDRESS_LENGTH);
  words.forEach((word, index) => {
    bytes[index * 2] = word >> 8;
    bytes[index * 2 + 1] = word;
  });
  return bytes;
}

function parseWords(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const words: number[] = [];
  const groups = text.split(":");
  for (let index = 0; index < groups.length; index++) {
    const group = groups[index]!;
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      words.push(Number.parseInt(group, 16));
      continue;
    }
    const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(group)?.slice(1).map(Number);
    if (parts === undefined || !last || index !== groups.length - 1 || parts.some((part) => part > 255))
      return undefined;
    words.push((parts[0]! << 8) | parts[1]!, (parts[2]! << 8) | parts[3]!);
  }
  return words;
}

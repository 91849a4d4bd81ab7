/** Ranges of one request at most: more of them ask for trouble, not for bytes. */
export const MAX_RANGES = 16;

/** From `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The ranges that a Range header asks for, of `size` bytes. Empty: none of them can be satisfied (416). `undefined`: the
 * header is to be ignored, since it is malformed, of another unit, or asks for more than the whole (RFC 9110 14.2).
 */
export function parseRanges(header: string, size: number): readonly ByteRange[] | undefined {
  const match = /^bytes=([\d\-, \t]*)$/i.exec(header.trim());
  if (match === null) return undefined;
  const specs = match[1]!.split(",").map((spec) => spec.trim());
  if (specs.length > MAX_RANGES) return undefined;
  const ranges: ByteRange[] = [];
  let total = 0;
  for (const spec of specs) {
    const parts = /^(\d{0,15})-(\d{0,15})$/.exec(spec);
    if (parts === null || spec === "-") return undefined;
    let start = Number(parts[1]);
    let end = parts[2] === "" ? size : Math.min(size, Number(parts[2]) + 1);
    if (parts[1] === "") {
      start = Math.max(0, size - Number(parts[2]));
      end = size;
    } else if (parts[2] !== "" && Number(parts[2]) < start) return undefined;
    if (start >= end) continue;
    total += end - start;
    ranges.push({ start, end });
  }
  return total > size ? undefined : ranges;
}

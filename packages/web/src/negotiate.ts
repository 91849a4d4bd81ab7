/** Headers that were read before: browsers send few different ones. Bounded, since they come from strangers. */
const known = new Map<string, ReadonlyMap<string, number>>();
const KNOWN_HEADERS = 64;
const KNOWN_LENGTH = 256;

/** What a header like Accept-Encoding lists, lower case, with its q-value; 0: not acceptable. RFC 9110 12.4.2. */
export function parseQualities(header: string): ReadonlyMap<string, number> {
  const before = known.get(header);
  if (before !== undefined) return before;
  const qualities = readQualities(header);
  if (header.length <= KNOWN_LENGTH) {
    if (known.size === KNOWN_HEADERS) known.clear();
    known.set(header, qualities);
  }
  return qualities;
}

function readQualities(header: string): ReadonlyMap<string, number> {
  const qualities = new Map<string, number>();
  for (const item of header.split(",", 32)) {
    const [name = "", ...parameters] = item.split(";");
    const key = name.trim().toLowerCase();
    if (key === "" || qualities.has(key)) continue;
    const q = parameters.map((text) => /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/i.exec(text)?.[1]).find((text) => text);
    qualities.set(key, q === undefined ? 1 : Math.min(1, Number(q)));
  }
  return qualities;
}

/**
 * The encoding that the client likes best among `offered`, which stand in the server's own order; `identity` when none of
 * them is acceptable, or the header is missing. RFC 9110 12.5.3.
 */
export function acceptedEncoding(header: string | null, offered: readonly string[]): string {
  if (header === null) return "identity";
  const qualities = parseQualities(header);
  const any = qualities.get("*");
  let best = "identity";
  let bestQuality = 0;
  for (const encoding of offered) {
    // Not named, identity is acceptable but nobody's wish.
    const quality =
      qualities.get(encoding) ?? aliasOf(encoding, qualities) ?? any ?? (encoding === "identity" ? 0.0005 : 0);
    if (quality > bestQuality) {
      best = encoding;
      bestQuality = quality;
    }
  }
  return best;
}

/** RFC 9110 8.4.1.3: "A recipient SHOULD consider "x-gzip" to be equivalent to "gzip"." */
function aliasOf(encoding: string, qualities: ReadonlyMap<string, number>): number | undefined {
  return encoding === "gzip" ? qualities.get("x-gzip") : undefined;
}

/** Whether an If-Match (`strong`) or If-None-Match header names `etag`. RFC 9110 8.8.3.2. */
export function matchesEtag(header: string, etag: string, strong: boolean): boolean {
  if (header.trim() === "*") return true;
  const plain = etag.replace(/^W\//, "");
  for (const [tag] of header.matchAll(/(?:W\/)?"[^"]*"/g)) {
    if (strong ? tag === etag && !etag.startsWith("W/") : tag.replace(/^W\//, "") === plain) return true;
  }
  return false;
}

/** `querystring` */
type Values = Readonly<Record<string, unknown>>;

const escapeText = encodeURIComponent;

function unescapeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function primitive(value: unknown): string {
  return typeof value === "string" || typeof value === "boolean" || typeof value === "bigint" || Number.isFinite(value)
    ? escapeText(String(value))
    : "";
}

export function stringify(values: Values | null | undefined, separator = "&", equals = "="): string {
  return Object.entries(values ?? {})
    .flatMap(([key, value]) =>
      (Array.isArray(value) ? value : [value]).map((each) => `${escapeText(key)}${equals}${primitive(each)}`),
    )
    .join(separator);
}

/** At most 1,000 keys, as in Node.js. */
export function parse(text: string, separator = "&", equals = "="): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = Object.create(null);
  for (const pair of text.split(separator).slice(0, 1000)) {
    if (pair === "") continue;
    const at = pair.indexOf(equals);
    const decode = (part: string): string => unescapeText(part.replaceAll("+", " "));
    const key = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : decode(pair.slice(at + equals.length));
    const known = result[key];
    result[key] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
  }
  return result;
}

export { escapeText as escape, parse as decode, stringify as encode, unescapeText as unescape };
export default { escape: escapeText, unescape: unescapeText, stringify, parse, decode: parse, encode: stringify };

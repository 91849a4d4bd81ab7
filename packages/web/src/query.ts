import { bytes } from "./bytes.ts";

/** More pairs than this in a query are refused: the engine's hash tables are not seeded. */
export const MAX_QUERY_PAIRS = 1000;

/**
 * The parameters behind "?", decoded as `application/x-www-form-urlencoded`. Reads like URLSearchParams, but is small and
 * cannot be changed.
 *
 * @example
 * app.get("/search", ({ query }) => `You look for ${query.get("q") ?? "nothing"}`);
 */
export class Query implements Iterable<readonly [string, string]> {
  readonly #pairs: (readonly [string, string])[] = [];

  /** `text`: without the "?". Pairs beyond {@link MAX_QUERY_PAIRS} are dropped. */
  constructor(text: string) {
    if (text === "") return;
    for (const part of text.split("&", MAX_QUERY_PAIRS)) {
      if (part === "") continue;
      const equals = part.indexOf("=");
      if (equals < 0) this.#pairs.push([decodeForm(part), ""]);
      else this.#pairs.push([decodeForm(part.slice(0, equals)), decodeForm(part.slice(equals + 1))]);
    }
  }

  /** The first value of a name; `null` when there is none. */
  get(name: string): string | null {
    return this.#pairs.find((pair) => pair[0] === name)?.[1] ?? null;
  }

  getAll(name: string): string[] {
    return this.#pairs.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  }

  has(name: string): boolean {
    return this.#pairs.some((pair) => pair[0] === name);
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.#pairs[Symbol.iterator]();
  }
}

/** Percent-decodes with "+" as a space; what is not valid percent-encoding or UTF-8 is kept or becomes U+FFFD. */
export function decodeForm(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  const content = new Uint8Array(3 * spaced.length);
  const length = bytes.utf8Encode(spaced, content, 0);
  let to = 0;
  for (let from = 0; from < length; from++, to++) {
    const byte = content[from]!;
    if (byte === 0x25 && from + 2 < length) {
      const value = Number.parseInt(String.fromCharCode(content[from + 1]!, content[from + 2]!), 16);
      if (/^[\da-fA-F]{2}$/.test(String.fromCharCode(content[from + 1]!, content[from + 2]!))) {
        content[to] = value;
        from += 2;
        continue;
      }
    }
    content[to] = byte;
  }
  return bytes.utf8Decode(content, 0, to);
}

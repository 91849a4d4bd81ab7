import { CUSTOM } from "../inspect.ts";
import { utf8Decode, utf8Encode } from "../platform.ts";

/** URLSearchParams of the URL Standard, own because the engine's takes no records, pairs or copies. */

type Pair = [name: string, value: string];

/** Called by a URL's parameters whenever they change. Set by URL only. */
export let onParamsChange: (params: URLSearchParams, update: () => void) => void;
/** Replaces all pairs by those of a query, without telling anybody. */
export let replaceParams: (params: URLSearchParams, query: string) => void;

export class URLSearchParams {
  #pairs: Pair[] = [];
  #update: (() => void) | undefined;

  constructor(init: Iterable<readonly [string, string]> | Record<string, string> | string | URLSearchParams = "") {
    if (typeof init === "object" && init !== null) {
      const iterator = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
      if (iterator === undefined || iterator === null) {
        for (const key of Object.keys(init))
          this.#pairs.push([scalar(key), scalar((init as Record<string, string>)[key])]);
      } else {
        for (const pair of init as Iterable<readonly string[]>) this.#pairs.push(assertPair(pair));
      }
    } else {
      const text = String(init);
      this.#pairs = parseForm(text.startsWith("?") ? text.slice(1) : text);
    }
  }

  static {
    onParamsChange = (params, update) => {
      params.#update = update;
    };
    replaceParams = (params, query) => {
      params.#pairs = parseForm(query);
    };
  }

  get size(): number {
    return this.#pairs.length;
  }
  append(name: string, value: string): void {
    this.#pairs.push([scalar(name), scalar(value)]);
    this.#update?.();
  }
  delete(name: string, value?: string): void {
    const key = scalar(name);
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== key || (value !== undefined && pair[1] !== scalar(value)));
    this.#update?.();
  }
  get(name: string): string | null {
    const key = scalar(name);
    return this.#pairs.find((pair) => pair[0] === key)?.[1] ?? null;
  }
  getAll(name: string): string[] {
    const key = scalar(name);
    return this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
  }
  has(name: string, value?: string): boolean {
    const key = scalar(name);
    return this.#pairs.some((pair) => pair[0] === key && (value === undefined || pair[1] === scalar(value)));
  }
  set(name: string, value: string): void {
    const key = scalar(name);
    const first = this.#pairs.find((pair) => pair[0] === key);
    if (first === undefined) this.#pairs.push([key, scalar(value)]);
    else {
      first[1] = scalar(value);
      this.#pairs = this.#pairs.filter((pair) => pair === first || pair[0] !== key);
    }
    this.#update?.();
  }
  /** By UTF-16 units of the names; stable. */
  sort(): void {
    this.#pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#update?.();
  }
  toString(): string {
    return this.#pairs.map(([name, value]) => `${formEncode(name)}=${formEncode(value)}`).join("&");
  }
  forEach(callback: (value: string, key: string, parent: URLSearchParams) => void, thisArgument?: unknown): void {
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }
  *entries(): IterableIterator<[string, string]> {
    // By index, because the standard lets pairs change while they are iterated.
    for (let index = 0; index < this.#pairs.length; index++) {
      const pair = this.#pairs[index]!;
      yield [pair[0], pair[1]];
    }
  }
  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }
  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
  /** For console. */
  [CUSTOM](_depth: number, _options: unknown, inspect: (value: unknown) => string): string {
    const pairs = this.#pairs.map(([name, value]) => `${inspect(name)} => ${inspect(value)}`);
    return pairs.length === 0 ? "URLSearchParams {}" : `URLSearchParams { ${pairs.join(", ")} }`;
  }
  get [Symbol.toStringTag](): string {
    return "URLSearchParams";
  }
}

/** A string whose lone surrogates are U+FFFD. */
function scalar(value: unknown): string {
  return String(value).toWellFormed();
}

function assertPair(pair: readonly string[]): Pair {
  const [name, value, ...more] = [...pair];
  if (name === undefined || value === undefined || more.length > 0) {
    throw new TypeError("each pair of URLSearchParams must be a name and a value");
  }
  return [scalar(name), scalar(value)];
}

/** The application/x-www-form-urlencoded parser. */
function parseForm(text: string): Pair[] {
  const pairs: Pair[] = [];
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    pairs.push([formDecode(name), formDecode(equals < 0 ? "" : part.slice(equals + 1))]);
  }
  return pairs;
}

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

function formDecode(text: string): string {
  if (!/[%+\ud800-\udfff]/.test(text)) return text;
  const bytes = new Uint8Array(text.length * 3);
  const length = utf8Encode(text, bytes, 0);
  let end = 0;
  for (let at = 0; at < length; at++) {
    let byte = bytes[at]!;
    if (byte === PLUS) byte = SPACE;
    else if (byte === PERCENT && at + 2 < length) {
      const high = hexValue(bytes[at + 1]!);
      const low = hexValue(bytes[at + 2]!);
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        at += 2;
      }
    }
    bytes[end++] = byte;
  }
  return utf8Decode(bytes, 0, end);
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const UNRESERVED = /^[\w*\-.]*$/;

/** The application/x-www-form-urlencoded serialiser. */
function formEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

import { type HeaderBlock, separator } from "../http/header-block.ts";

export type HeadersInit = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BAD_VALUE = /[\0\r\n\u0100-\uffff]/;
const OUTER_SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/** Spellings that were checked before; a program uses few. Bounded, since names may come from strangers. */
const knownNames = new Map<string, string>();
const KNOWN_NAMES = 256;

function normalizeName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const text = String(name);
  if (!NAME.test(text)) throw new TypeError(`Invalid header name: ${JSON.stringify(text)}`);
  const lower = text.toLowerCase();
  if (knownNames.size < KNOWN_NAMES) knownNames.set(text, lower);
  return lower;
}

/** Values that were checked before: those of a program's own responses, mostly. */
const knownValues = new Set<string>();
const KNOWN_VALUES = 256;
const KNOWN_LENGTH = 64;

function normalizeValue(name: string, value: string): string {
  if (knownValues.has(value)) return value;
  const text = String(value).replace(OUTER_SPACE, "");
  if (BAD_VALUE.test(text)) throw new TypeError(`Invalid value of header ${name}: ${JSON.stringify(text)}`);
  if (text.length <= KNOWN_LENGTH && knownValues.size < KNOWN_VALUES) knownValues.add(text);
  return text;
}

let listOf: (headers: Headers) => string[];
let wrap: (block: HeaderBlock) => Headers;

/**
 * The Fetch standard's Headers. One that belongs to a request reads the bytes that arrived, and decodes only the fields
 * that are asked for.
 *
 * @throws TypeError for a name that is no token, or a value with NUL, CR, LF or a character above U+00FF.
 */
export class Headers {
  /** What arrived; until the first change, or the first look at all fields. */
  #block: HeaderBlock | undefined = undefined;
  /** Name in lower case, value, name, value… in order of arrival. */
  #list: string[] | undefined = undefined;

  constructor(init?: HeadersInit) {
    if (init === undefined) return;
    if (init === null || typeof init !== "object")
      throw new TypeError("Headers: init is neither a sequence nor a record");
    if (init instanceof Headers) {
      this.#block = init.#block;
      this.#list = init.#list?.slice();
      return;
    }
    this.#list = [];
    if (typeof (init as Iterable<readonly [string, string]>)[Symbol.iterator] === "function") {
      for (const pair of init as Iterable<readonly [string, string]>) {
        const [name, value, ...rest] = pair;
        if (name === undefined || value === undefined || rest.length > 0) {
          throw new TypeError("Headers: each item of a sequence is a name and a value");
        }
        this.append(name, value);
      }
    } else {
      const record = init as Readonly<Record<string, string>>;
      for (const name of Object.keys(record)) this.append(name, record[name]!);
    }
  }

  static {
    listOf = (headers) => headers.#all();
    wrap = (block) => {
      const headers = new Headers();
      headers.#block = block;
      return headers;
    };
  }

  #all(): string[] {
    let list = this.#list;
    if (list === undefined) {
      list = [];
      const block = this.#block;
      if (block !== undefined) {
        for (let index = 0; index < block.count; index++) list.push(block.name(index), block.value(index));
        this.#block = undefined;
      }
      this.#list = list;
    }
    return list;
  }

  /** All values of a name, combined by ", " (Cookie by "; ", as Node.js does); `null` when there is none. */
  get(name: string): string | null {
    const key = normalizeName(name);
    if (this.#list === undefined) return this.#block === undefined ? null : this.#block.get(key);
    const list = this.#list;
    let combined: string | null = null;
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] === key) combined = combined === null ? list[at + 1]! : combined + separator(key) + list[at + 1];
    }
    return combined;
  }

  has(name: string): boolean {
    const key = normalizeName(name);
    if (this.#list === undefined) return this.#block !== undefined && this.#block.find(key, 0) >= 0;
    const list = this.#list;
    for (let at = 0; at < list.length; at += 2) if (list[at] === key) return true;
    return false;
  }

  append(name: string, value: string): void {
    const key = normalizeName(name);
    this.#all().push(key, normalizeValue(key, value));
  }

  /** Puts the value where the name was first, and removes further ones. */
  set(name: string, value: string): void {
    const key = normalizeName(name);
    const text = normalizeValue(key, value);
    const list = this.#all();
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] !== key) continue;
      list[at + 1] = text;
      removeFrom(list, key, at + 2);
      return;
    }
    list.push(key, text);
  }

  delete(name: string): void {
    removeFrom(this.#all(), normalizeName(name), 0);
  }

  /** The values of every Set-Cookie field: the one field whose values cannot be combined. */
  getSetCookie(): string[] {
    const list = this.#all();
    const cookies: string[] = [];
    for (let at = 0; at < list.length; at += 2) if (list[at] === "set-cookie") cookies.push(list[at + 1]!);
    return cookies;
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void {
    for (const [name, value] of this.entries()) callback.call(thisArgument, value, name, this);
  }

  /** Sorted by name, values of a name combined, Set-Cookie apart: as the Fetch standard's "sort and combine". */
  *entries(): Generator<[string, string], undefined> {
    const list = this.#all();
    const names = new Set<string>();
    for (let at = 0; at < list.length; at += 2) names.add(list[at]!);
    for (const name of [...names].sort()) {
      if (name === "set-cookie") for (const cookie of this.getSetCookie()) yield [name, cookie];
      else yield [name, this.get(name) ?? ""];
    }
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[string, string], undefined> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return "Headers";
  }
}

function removeFrom(list: string[], name: string, from: number): void {
  let kept = from;
  for (let at = from; at < list.length; at += 2) {
    if (list[at] === name) continue;
    list[kept] = list[at]!;
    list[kept + 1] = list[at + 1]!;
    kept += 2;
  }
  list.length = kept;
}

/** Name, value, name, value… in order, names in lower case. Not a copy. */
export function headerList(headers: Headers): readonly string[] {
  return listOf(headers);
}

/** Headers over bytes that arrived. */
export function headersOf(block: HeaderBlock): Headers {
  return wrap(block);
}

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

/** Header fields as a response sends them: what frames the message and holds the connection is apart. */
export interface Fields {
  /** `name: value` and CRLF, of each of the others. */
  readonly text: string;
  /** With CRLF; empty when there is none. */
  readonly contentLength: string;
  readonly hasDate: boolean;
  /** `Connection: close`. */
  readonly close: boolean;
  /** The last head of a response that was made of these, for responses that are sent again and again, and what it holds. */
  head: Uint8Array | undefined;
  headDate: string;
  headLength: number;
}

let listOf: (headers: Headers) => string[];
let fieldsOf: (headers: Headers) => Fields;
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
  /** Whether the list belongs to these headers alone. Copies share one until the first change. */
  #own = true;
  /** How the list is sent, once it was; until the next change. */
  #fields: Fields | undefined = undefined;

  constructor(init?: HeadersInit) {
    if (init === undefined) return;
    if (init === null || typeof init !== "object")
      throw new TypeError("Headers: init is neither a sequence nor a record");
    if (init instanceof Headers) {
      this.#block = init.#block;
      if (init.#list === undefined) return;
      this.#list = init.#list;
      this.#fields = init.#fields;
      this.#own = false;
      init.#own = false;
      return;
    }
    const list: string[] = [];
    this.#list = list;
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
      const names = Object.keys(record);
      for (let index = 0; index < names.length; index++) {
        const name = names[index]!;
        const key = normalizeName(name);
        list.push(key, normalizeValue(key, record[name]!));
      }
    }
  }

  static {
    listOf = (headers) => headers.#all();
    fieldsOf = (headers) => {
      headers.#fields ??= makeFields(headers.#all());
      return headers.#fields;
    };
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

  /** The list, to be changed. */
  #change(): string[] {
    let list = this.#all();
    this.#fields = undefined;
    if (!this.#own) {
      list = list.slice();
      this.#list = list;
      this.#own = true;
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
    const text = normalizeValue(key, value);
    this.#change().push(key, text);
  }

  /** Puts the value where the name was first, and removes further ones. */
  set(name: string, value: string): void {
    const key = normalizeName(name);
    const text = normalizeValue(key, value);
    const list = this.#change();
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] !== key) continue;
      list[at + 1] = text;
      removeFrom(list, key, at + 2);
      return;
    }
    list.push(key, text);
  }

  delete(name: string): void {
    const key = normalizeName(name);
    removeFrom(this.#change(), key, 0);
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

/** The same as a response sends them. */
export function headerFields(headers: Headers): Fields {
  return fieldsOf(headers);
}

function makeFields(list: readonly string[]): Fields {
  let text = "";
  let contentLength = "";
  let hasDate = false;
  let close = false;
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at]!;
    const value = list[at + 1]!;
    switch (name) {
      // What frames the message and holds the connection is the server's to decide (RFC 9112 6, 9).
      case "connection":
        if (/(^|,)\s*close\s*(,|$)/i.test(value)) close = true;
        continue;
      case "keep-alive":
      case "transfer-encoding":
        continue;
      case "content-length":
        contentLength += `${name}: ${value}\r\n`;
        continue;
      case "date":
        hasDate = true;
        break;
      default:
        break;
    }
    text += `${name}: ${value}\r\n`;
  }
  return { text, contentLength, hasDate, close, head: undefined, headDate: "", headLength: 0 };
}

/** Headers over bytes that arrived. */
export function headersOf(block: HeaderBlock): Headers {
  return wrap(block);
}

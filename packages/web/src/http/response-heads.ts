import { utf8 } from "../bytes.ts";
import { httpDate } from "./date.ts";
import { reasonOf } from "./status.ts";

/** The kinds of content that handlers return most; a response of one of these with status 200 starts with cached bytes. */
export const TEXT = 0;
export const HTML = 1;
export const JSON_TEXT = 2;
/** As `new Response("…")` spells it. */
export const FETCH_TEXT = 3;
export type Kind = typeof TEXT | typeof HTML | typeof JSON_TEXT | typeof FETCH_TEXT;

export const CONTENT_TYPES = [
  "text/plain; charset=utf-8",
  "text/html; charset=utf-8",
  "application/json",
  "text/plain;charset=UTF-8",
] as const;

/** Lengths up to this have heads of their own. */
const CACHED_LENGTHS = 1024;

/** Heads of responses with status 200, shared by a server's connections and made anew when the date changes. */
export class ResponseHeads {
  /** IMF-fixdate. */
  date = "";
  /** Status line and Date by status. */
  readonly #lines = new Map<number, string>();
  /** Whole heads by kind and length of the content, made when they are first needed. */
  #heads: (Uint8Array | undefined)[] = [];

  /** Sets the date that responses carry; `now` in milliseconds since the epoch. Call it about once a second. */
  setDate(now: number): void {
    const date = httpDate(now);
    if (date === this.date) return;
    this.date = date;
    this.#heads = [];
    this.#lines.clear();
  }

  /** The status line with its usual reason, and Date. */
  line(status: number): string {
    return this.#lines.get(status) ?? this.#makeLine(status);
  }

  #makeLine(status: number): string {
    const line = `HTTP/1.1 ${status} ${reasonOf(status)}\r\ndate: ${this.date}\r\n`;
    this.#lines.set(status, line);
    return line;
  }

  /** The head of a 200 with `length` bytes of content, to the empty line that ends it. */
  get(kind: Kind, length: number): Uint8Array {
    return this.#heads[length * 4 + kind] ?? this.#make(kind, length);
  }

  #make(kind: Kind, length: number): Uint8Array {
    const fields = `date: ${this.date}\r\ncontent-type: ${CONTENT_TYPES[kind]}\r\ncontent-length: ${length}\r\n`;
    const head = utf8(`HTTP/1.1 200 OK\r\n${fields}\r\n`);
    if (length < CACHED_LENGTHS) this.#fill(length * 4 + kind, head);
    return head;
  }

  /** Without holes: the engine keeps an array dense, and its reads fast, only while it grows at its end. */
  #fill(slot: number, head: Uint8Array): void {
    const heads = this.#heads;
    while (heads.length < slot) heads.push(undefined);
    heads[slot] = head;
  }
}

import { utf8 } from "../bytes.ts";
import { httpDate } from "./date.ts";

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

/** Starts of responses, shared by a server's connections and made anew when the date changes. */
export class ResponseHeads {
  /** IMF-fixdate. */
  date = "";
  readonly #heads: (Uint8Array | undefined)[] = [undefined, undefined, undefined, undefined];

  /** Sets the date that responses carry; `now` in milliseconds since the epoch. Call it about once a second. */
  setDate(now: number): void {
    const date = httpDate(now);
    if (date === this.date) return;
    this.date = date;
    this.#heads.fill(undefined);
  }

  /** Everything of a 200 up to the digits of its Content-Length. */
  get(kind: Kind): Uint8Array {
    return this.#heads[kind] ?? this.#make(kind);
  }

  #make(kind: Kind): Uint8Array {
    const head = utf8(
      `HTTP/1.1 200 OK\r\ndate: ${this.date}\r\ncontent-type: ${CONTENT_TYPES[kind]}\r\ncontent-length: `,
    );
    this.#heads[kind] = head;
    return head;
  }
}

import { ATTRIBUTE, holesOf, safeAddress, TAG, TEXT, TRUSTED } from "./html-holes.ts";

/** HTML that needs no more escaping. Only {@link html} and {@link unsafeHtml} make it. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template: text is escaped, nothing stands for `null`, `undefined` and `false`. */
export type HtmlValue = Html | string | number | bigint | boolean | null | undefined | readonly HtmlValue[];

/** What may stand in a template that is streamed: also what is not there yet. */
export type HtmlStreamValue =
  | HtmlValue
  | HtmlStream
  | Promise<HtmlValue | HtmlStream>
  | AsyncIterable<HtmlValue>
  | readonly HtmlStreamValue[];

const SPECIAL = /[&<>"']/g;
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(SPECIAL, (character) => ESCAPES[character]!);
}

/**
 * HTML from a template, in which every value is escaped unless it is HTML itself, as its place asks for:
 *
 * - In an attribute's quotes HTML is escaped too; an attribute without quotes takes no value.
 * - An address (`href`, `src`, `action`…) that would run a script becomes `about:invalid#unsafe`.
 * - Among a tag's attributes stands HTML or nothing: `<option${isChosen && html` selected`}>`.
 * - In `<script>`, `<style>`, comments, `onclick` and the like only {@link unsafeHtml} may stand.
 *
 * A handler that returns it answers with `text/html; charset=utf-8`.
 *
 * @throws TypeError for a value where it may not stand.
 * @example
 * const page = html`<ul>${names.map((name) => html`<li>${name}</li>`)}</ul>`;
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const holes = holesOf(strings);
  let text = strings[0]!;
  for (let index = 0; index < values.length; index++)
    text += render(values[index], holes[index]!) + strings[index + 1]!;
  return new Html(text);
}

/** HTML from a string that is trusted as it is: never from outside. */
export function unsafeHtml(text: string): Html {
  return new Html(text);
}

/** HTML that is sent while parts of it are still being made. Only {@link htmlStream} makes it. */
export class HtmlStream implements AsyncIterable<string> {
  readonly #strings: TemplateStringsArray;
  readonly #values: readonly HtmlStreamValue[];

  constructor(strings: TemplateStringsArray, values: readonly HtmlStreamValue[]) {
    this.#strings = strings;
    this.#values = values;
    holesOf(strings);
    // A client that goes away leaves promises that nobody waits for: their failures are nobody's.
    for (const value of values) if (value instanceof Promise) value.catch(() => {});
  }

  /** As few pieces as can be: one ends where something has to be waited for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, undefined> {
    let text = "";
    for await (const piece of this.#pieces()) {
      if (piece !== WAIT) text += piece;
      else if (text !== "") {
        yield text;
        text = "";
      }
    }
    if (text !== "") yield text;
  }

  async *#pieces(): AsyncGenerator<string | typeof WAIT, undefined> {
    const holes = holesOf(this.#strings);
    yield this.#strings[0]!;
    for (let index = 0; index < this.#values.length; index++) {
      yield* this.#value(this.#values[index]!, holes[index]!);
      yield this.#strings[index + 1]!;
    }
  }

  async *#value(value: HtmlStreamValue, hole: number): AsyncGenerator<string | typeof WAIT, undefined> {
    if (value instanceof HtmlStream) {
      if (hole !== TEXT) throw new TypeError("html: a stream can only stand between tags");
      yield* value.#pieces();
    } else if (value instanceof Promise) {
      yield WAIT;
      yield* this.#value(await value, hole);
    } else if (Array.isArray(value)) {
      for (const item of value as readonly HtmlStreamValue[]) yield* this.#value(item, hole);
    } else if (typeof value === "object" && value !== null && Symbol.asyncIterator in value) {
      yield WAIT;
      for await (const item of value) {
        yield* this.#value(item, hole);
        yield WAIT;
      }
    } else yield render(value as HtmlValue, hole);
  }
}

const WAIT: unique symbol = Symbol("soloist.web.wait");

/**
 * As {@link html}, with values that are not there yet: promises, async iterables, further streams. What stands before one
 * of them is sent while it is waited for. When one fails, the connection is cut: the client must see that it has not all.
 *
 * @example
 * app.get("/", () => htmlStream`<h1>Links</h1><ul>${links.map((link) => html`<li>${link}</li>`)}</ul>${slowStatistics()}`);
 */
export function htmlStream(strings: TemplateStringsArray, ...values: readonly HtmlStreamValue[]): HtmlStream {
  return new HtmlStream(strings, values);
}

function render(value: HtmlValue, hole: number): string {
  if (value === null || value === undefined || value === false || value === "") return "";
  if (Array.isArray(value)) return value.map((item) => render(item, hole)).join("");
  if (value instanceof Html) {
    const text = value.toString();
    return hole === TEXT || hole === TAG || hole === TRUSTED ? text : text.replace(/["']/g, (quote) => ESCAPES[quote]!);
  }
  if (hole === TEXT || hole === ATTRIBUTE) return escapeHtml(String(value));
  if (hole === TAG)
    throw new TypeError(`html: ${JSON.stringify(String(value))} stands among a tag's attributes; use html\`…\``);
  if (hole === TRUSTED)
    throw new TypeError("html: in scripts, styles, comments and event handlers only unsafeHtml may stand");
  return escapeHtml(safeAddress(String(value), hole));
}

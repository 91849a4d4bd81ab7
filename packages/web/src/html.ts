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
 * HTML from a template, in which every value is escaped unless it is HTML itself. Put attributes in quotes; values have no
 * place inside `<script>` and `<style>`, where escaping means something else.
 *
 * A handler that returns it answers with `text/html; charset=utf-8`.
 *
 * @example
 * const page = html`<ul>${names.map((name) => html`<li>${name}</li>`)}</ul>`;
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = strings[0]!;
  for (let index = 0; index < values.length; index++) text += render(values[index]) + strings[index + 1]!;
  return new Html(text);
}

/** HTML from a string that is trusted as it is: never from outside. */
export function unsafeHtml(text: string): Html {
  return new Html(text);
}

function render(value: HtmlValue): string {
  if (value instanceof Html) return value.toString();
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value)) return value.map(render).join("");
  return escapeHtml(String(value));
}

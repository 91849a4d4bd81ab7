import MarkdownIt from "markdown-it";
import { createHighlighter, type Highlighter } from "shiki";
import { parseAttributes } from "./blocks.ts";
import { addressOf, type Page, targetOf } from "./content.ts";

export interface Heading {
  readonly level: number;
  readonly text: string;
  readonly id: string;
}

export interface Rendered {
  readonly html: string;
  readonly headings: readonly Heading[];
  /** Plain text under each heading, for the search. */
  readonly sections: readonly { readonly id: string; readonly heading: string; readonly text: string }[];
}

/** As GitHub makes them, so that `#a-heading` leads to the same place there and here. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

const LANGUAGES = ["ts", "js", "json", "html", "css", "console", "c"] as const;
const THEMES = { light: "github-light-high-contrast", dark: "github-dark-high-contrast" } as const;

export interface Renderer {
  render(page: Page): Rendered;
  /** Style sheet of the colours of all code rendered so far. */
  css(): string;
}

export async function createRenderer(): Promise<Renderer> {
  const highlighter = await createHighlighter({
    themes: Object.values(THEMES),
    langs: LANGUAGES.map((one) => (one === "console" ? "shellsession" : one)),
  });
  const colours = new Map<string, string>();
  /** Colours as classes: pages stay small, and need no styles of their own, which their policy forbids. */
  const withClasses = (html: string) =>
    html
      .replace(/(<pre class="shiki)[^>]*>/, '$1" tabindex="0">')
      .replace(/ style="(?:color:)?([^";]*)[^"]*"/g, (_, colour: string) => {
        if (!colours.has(colour)) colours.set(colour, `c${colours.size}`);
        return ` class="${colours.get(colour)}"`;
      });
  return {
    render: (page) => render(page, (code, language) => withClasses(highlight(code, language, highlighter))),
    css: () => [...colours].map(([colour, name]) => `.${name} {\n  color: ${colour};\n}\n`).join(""),
  };
}

function render(page: Page, colour: (code: string, language: string) => string): Rendered {
  const markdown = new MarkdownIt({ html: false, linkify: false });
  const used = new Map<string, number>();
  const headings: Heading[] = [];
  const sections: { id: string; heading: string; text: string }[] = [];
  markdown.renderer.rules.fence = (tokens, index) => {
    const { info, content } = tokens[index]!;
    const [language = "", rest = ""] = info.split(/ (.*)/s);
    const { file, title } = parseAttributes(rest);
    const code = colour(content.replace(/\n$/, ""), language);
    const name = title ?? file?.replace(/^.*?\/(?=src|test|public|tsconfig)/, "");
    const caption = name === undefined ? "" : `<figcaption>${markdown.utils.escapeHtml(name)}</figcaption>`;
    return `<figure class="code ${markdown.utils.escapeHtml(language)}">${caption}${code}</figure>\n`;
  };
  markdown.renderer.rules.table_open = () => '<div class="table"><table>';
  markdown.renderer.rules.table_close = () => "</table></div>";
  const tokens = markdown.parse(page.text, {});
  for (const [index, token] of tokens.entries()) {
    const children = tokens[index + 1]?.children ?? [];
    if (token.type === "heading_open") {
      const text = children.map(({ content }) => content).join("");
      const base = slug(text);
      const count = used.get(base) ?? 0;
      used.set(base, count + 1);
      const id = count === 0 ? base : `${base}-${count}`;
      token.attrSet("id", id);
      headings.push({ level: Number(token.tag.slice(1)), text, id });
      sections.push({ id, heading: text, text: "" });
    } else if (token.type === "inline") {
      const section = sections.at(-1);
      const text = (token.children ?? []).map(({ type, content }) => (type === "softbreak" ? " " : content)).join("");
      if (section && tokens[index - 1]?.type !== "heading_open") section.text += `${text} `;
      for (const child of token.children ?? []) {
        rewrite(child, "href", page.path);
        rewrite(child, "src", page.path);
      }
    }
  }
  return { html: markdown.renderer.render(tokens, markdown.options, {}), headings, sections };
}

/** Links between Markdown files become links between the site's pages. */
function rewrite(
  token: { attrGet(name: string): string | number | null; attrSet(name: string, value: string): void },
  name: string,
  path: string,
): void {
  const link = token.attrGet(name);
  if (typeof link !== "string" || link.startsWith("#")) return;
  const target = targetOf(path, link);
  if (target === undefined) return;
  const [, hash = ""] = /(#.*)?$/.exec(link) ?? [];
  token.attrSet(name, (target.endsWith(".md") ? addressOf(target) : `/${target}`) + hash);
}

function highlight(code: string, language: string, highlighter: Highlighter): string {
  const known = LANGUAGES.find((one) => one === language);
  const lang = known === undefined ? "text" : known === "console" ? "shellsession" : known;
  return highlighter.codeToHtml(code, { lang, themes: THEMES, defaultColor: "light-dark()" });
}

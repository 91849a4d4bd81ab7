import { addressOf, type Chapter, type Page } from "./content.ts";
import type { Rendered } from "./markdown.ts";

const escapeHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Titles are Markdown: only their code marks are in use. */
const titleHtml = (title: string) => escapeHtml(title).replace(/`([^`]+)`/g, "<code>$1</code>");

/** One page of the site, as a whole document. */
export function layout(page: Page, rendered: Rendered, chapters: readonly Chapter[]): string {
  const pages = chapters.flatMap((chapter) => chapter.pages);
  const index = pages.findIndex(({ path }) => path === page.path);
  const isStart = page.path === "index.md";
  const title = page.title.replaceAll("`", "");
  const link = (to: Page | undefined, rel: string, label: string) =>
    to
      ? `<a rel="${rel}" href="${addressOf(to.path)}"><small>${label}</small>${titleHtml(to.title)}</a>`
      : "<span></span>";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${isStart ? "Soloist: TypeScript unikernels" : `${escapeHtml(title)} · Soloist`}</title>
<link rel="icon" type="image/svg+xml" href="/icon.svg">
<link rel="stylesheet" href="/style.css">
<link rel="stylesheet" href="/code.css">
<script type="module" src="/search.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<header>
<a class="brand" href="/"><img src="/icon.svg" alt="" width="26" height="26">Soloist</a>
<search hidden><input type="search" id="search" placeholder="Search" aria-label="Search" autocomplete="off" spellcheck="false"><ol id="found" hidden></ol></search>
</header>
<div class="frame">
<nav aria-label="Contents"><details><summary>Contents</summary>${navigation(chapters, page)}</details></nav>
<main id="content">
<article${isStart ? ' class="start"' : ""}>
${rendered.html}</article>
<nav class="steps" aria-label="Next and previous">${link(pages[index - 1], "prev", "Before")}${link(pages[index + 1], "next", "Next")}</nav>
</main>
${aside(rendered)}
</div>
</body>
</html>
`;
}

function navigation(chapters: readonly Chapter[], current: Page): string {
  return chapters
    .map(({ title, pages }) => {
      const items = pages.map((page) => {
        const here = page.path === current.path ? ' aria-current="page"' : "";
        return `<li><a href="${addressOf(page.path)}"${here}>${titleHtml(page.title)}</a></li>`;
      });
      return `<section><h2>${escapeHtml(title)}</h2><ul>${items.join("")}</ul></section>`;
    })
    .join("");
}

function aside({ headings }: Rendered): string {
  const second = headings.filter(({ level }) => level === 2);
  if (second.length < 2) return "";
  const items = second.map(({ id, text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`);
  return `<aside aria-label="On this page"><h2>On this page</h2><ul>${items.join("")}</ul></aside>`;
}

import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { addressOf, DOCS, pageOf, readChapters } from "./content.ts";
import { layout } from "./layout.ts";
import { createRenderer } from "./markdown.ts";
import { referenceChapter } from "./reference.ts";

const THEME = join(import.meta.dirname, "../theme");

/** Writes the whole site into `out`, which is emptied first. Returns how many pages it has. */
export async function buildSite(out: string): Promise<number> {
  const chapters = [...readChapters(), referenceChapter()];
  const renderer = await createRenderer();
  rmSync(out, { recursive: true, force: true });
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), text);
  };
  const index: { u: string; p: string; h: string; t: string }[] = [];
  const pages = chapters.flatMap((chapter) => chapter.pages);
  for (const page of pages) {
    const rendered = renderer.render(page);
    const address = addressOf(page.path);
    write(`${address.slice(1)}index.html`, layout(page, rendered, chapters));
    for (const [order, { id, heading, text }] of rendered.sections.entries()) {
      index.push({ u: order === 0 ? address : `${address}#${id}`, p: page.title, h: heading, t: text.trim() });
    }
  }
  write("code.css", renderer.css());
  const lost = pageOf("404.md", "# Nothing is here\n\nThe page may have moved. [The first one](index.md) has not.\n");
  write("404.html", layout(lost, renderer.render(lost), chapters));
  write("search.json", JSON.stringify(index));
  for (const file of readdirSync(THEME)) copyFileSync(join(THEME, file), join(out, file));
  for (const path of readdirSync(DOCS, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".svg")) continue;
    mkdirSync(dirname(join(out, path)), { recursive: true });
    copyFileSync(join(DOCS, path), join(out, path));
  }
  return pages.length;
}

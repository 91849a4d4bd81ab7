import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const DOCS = join(ROOT, "docs");

/** A Markdown file of the documentation. */
export interface Page {
  /** From docs/ on: `guides/network.md`. */
  readonly path: string;
  readonly text: string;
  readonly title: string;
}

/** A part of the navigation. */
export interface Chapter {
  readonly title: string;
  readonly pages: readonly Page[];
}

/** Where a page is on the site: `workshop/1-hello.md` is at `/workshop/1-hello/`. */
export function addressOf(path: string): string {
  return `/${path.replace(/(?:^|(?<=\/))index\.md$/, "").replace(/\.md$/, "/")}`;
}

/** The file that `link`, as written on the page at `path`, leads to, from docs/ on; undefined for other places. */
export function targetOf(path: string, link: string): string | undefined {
  const file = link.split("#", 1)[0]!;
  if (/^[a-z]+:/i.test(link)) return undefined;
  return file === "" ? path : relative("/", join("/", dirname(path), file));
}

export function pageOf(path: string, text: string): Page {
  return { path, text, title: /^# (.+)$/m.exec(text)?.[1] ?? path };
}

/** The chapters that docs/contents.json lists, in its order. */
export function readChapters(folder: string = DOCS): Chapter[] {
  const contents = JSON.parse(readFileSync(join(folder, "contents.json"), "utf8")) as Record<string, string[]>;
  return Object.entries(contents).map(([title, paths]) => ({
    title,
    pages: paths.map((path) => pageOf(path, readFileSync(join(folder, path), "utf8"))),
  }));
}

/** Every Markdown file below docs/, whether listed or not. */
export function markdownFiles(folder: string = DOCS): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .sort();
}

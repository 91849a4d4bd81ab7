import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Chapter, type Page, pageOf, ROOT } from "./content.ts";
import { type Declaration, readDeclarations } from "./declarations.ts";

/** The packages that apps import, in the order of the reference. */
const PACKAGES: readonly (readonly [name: string, folder: string, entry: string])[] = [
  ["@soloist/runtime", "runtime", "index"],
  ["@soloist/net", "net", "index"],
  ["@soloist/web", "web", "index"],
  ["@soloist/crunch", "crunch", "index"],
  ["@soloist/kv", "kv", "index"],
  ["@soloist/rng", "rng", "index"],
  ["@soloist/interface", "interface", "index"],
  ["@soloist/toolchain", "toolchain", "index"],
  ["@soloist/toolchain/test", "toolchain", "test/index"],
];

/** A page for each package, made of the declarations and docstrings that `tsc` wrote. */
export function referenceChapter(): Chapter {
  return { title: "Reference", pages: PACKAGES.map(([name, folder, entry]) => referencePage(name, folder, entry)) };
}

export function referencePage(name: string, folder: string, entry: string): Page {
  const index = join(ROOT, "packages", folder, "dist", `${entry}.d.ts`);
  const { about, declarations } = readDeclarations(index, (path) => readFileSync(path, "utf8"), dirname);
  const parts = [`# ${name}`];
  if (about !== "") parts.push(docstring(about));
  for (const declaration of [...declarations].sort(byKind)) {
    parts.push(`## ${declaration.name}`);
    if (declaration.comment !== "") parts.push(docstring(declaration.comment));
    parts.push(`\`\`\`ts\n${declaration.text}\n\`\`\``);
  }
  return pageOf(`reference/${name.replace("@soloist/", "").replace("/", "-")}.md`, `${parts.join("\n\n")}\n`);
}

const ORDER = ["function", "const", "class", "interface", "type"];
const byKind = (a: Declaration, b: Declaration) =>
  ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.name.localeCompare(b.name, "en");

/** A docstring as Markdown: its tags become words, what it shows becomes a block. */
export function docstring(comment: string): string {
  const text = comment.replace(/\{@link ([^}|\s]+)(?:[^}]*)\}/g, "`$1`");
  const [description = "", ...tags] = text.split(/^@(?=[a-z])/m);
  const parts = [description.trim()];
  for (const tag of tags) {
    const [, kind = "", rest = ""] = /^(\w+)\s*([\s\S]*)$/.exec(tag) ?? [];
    if (kind === "example") parts.push(example(rest.trim()));
    else if (kind === "param") {
      const [, parameter = "", about = ""] = /^(\S+)\s*(?:- )?([\s\S]*)$/.exec(rest.trim()) ?? [];
      parts.push(`- \`${parameter}\`: ${about}`);
    } else if (kind === "throws") parts.push(`Throws ${rest.trim()}`);
    else if (kind === "returns") parts.push(`Returns ${rest.trim()}`);
    else parts.push(`_${kind}_ ${rest.trim()}`);
  }
  return parts.filter((part) => part !== "").join("\n\n");
}

/** A first line of words, then code; the code may be fenced already. */
function example(text: string): string {
  if (text.includes("```")) return text;
  const lines = text.split("\n");
  const words = /^[A-Z][^;{(=]*:$/.test(lines[0]!) ? lines.shift() : undefined;
  const code = `\`\`\`ts\n${lines.join("\n").trim()}\n\`\`\``;
  return words === undefined ? code : `${words}\n\n${code}`;
}

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Block, findBlocks } from "./blocks.ts";
import { DOCS, markdownFiles, pageOf, ROOT, readChapters, targetOf } from "./content.ts";
import { fileOf } from "./fill.ts";
import { slug } from "./markdown.ts";
import { referenceChapter } from "./reference.ts";

/** What is wrong with docs/, one line each: `guides/network.md:12: …`. */
export function check(): string[] {
  const texts = new Map(markdownFiles().map((path) => [path, readFileSync(join(DOCS, path), "utf8")]));
  const problems = [...texts].flatMap(([path, text]) => [
    ...checkLinks(path, text, (target) => texts.get(target) ?? reference().get(target)),
    ...checkBlocks(path, text),
  ]);
  const listed = new Set(readChapters().flatMap(({ pages }) => pages.map(({ path }) => path)));
  for (const path of texts.keys()) if (!listed.has(path)) problems.push(`${path}:1: is not in contents.json`);
  return [...problems, ...checkTypes(texts)];
}

let made: ReadonlyMap<string, string> | undefined;
function reference(): ReadonlyMap<string, string> {
  made ??= new Map(referenceChapter().pages.map(({ path, text }) => [path, text]));
  return made;
}

/** Relative links have to lead to a file, and to a heading in it. `textOf`: a page's text by its path. */
export function checkLinks(path: string, text: string, textOf: (path: string) => string | undefined): string[] {
  const problems: string[] = [];
  for (const [number, line] of withoutBlocks(text).entries()) {
    for (const [, link = ""] of line.replace(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)) {
      const target = targetOf(path, link);
      if (target === undefined) continue;
      const place = `${path}:${number + 1}`;
      const linked = textOf(target);
      if (linked === undefined && !(target.endsWith(".svg") && existsSync(join(DOCS, target)))) {
        problems.push(`${place}: there is no ${target}`);
        continue;
      }
      const [, hash] = link.split("#");
      if (hash !== undefined && linked !== undefined && !headingsOf(linked).has(hash)) {
        problems.push(`${place}: ${target} has no heading #${hash}`);
      }
    }
  }
  return problems;
}

function withoutBlocks(text: string): string[] {
  let isInside = false;
  return text.split("\n").map((line) => {
    const isFence = line.startsWith("```");
    if (isFence) isInside = !isInside;
    return isFence || isInside ? "" : line;
  });
}

function headingsOf(text: string): Set<string> {
  const lines = withoutBlocks(text).filter((line) => /^#+ /.test(line));
  return new Set(lines.map((line) => slug(line.replace(/^#+ /, ""))));
}

/** How a console block may say where its truth comes from. */
const MARKS = ["walk", "run", "not-run"];

export function checkBlocks(path: string, text: string): string[] {
  return findBlocks(text).flatMap((block) => {
    const place = `${path}:${block.line}`;
    if (block.language === "console" && !MARKS.some((mark) => mark in block.attributes)) {
      return [`${place}: a console block is from the walk (walk=NAME), run (run), or says why not (not-run="…")`];
    }
    if (block.language === "json" && block.attributes.file === undefined && !isJson(block.text)) {
      return [`${place}: this is not JSON`];
    }
    if (fileOf(block) !== undefined && fileOf(block) !== block.text) {
      return [`${place}: differs from ${block.attributes.file}: node tools/docs/src/main.ts fill`];
    }
    return [];
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Every `ts` block is a module that compiles as an app does; those with `file=` are compiled where the file is. */
function checkTypes(texts: ReadonlyMap<string, string>): string[] {
  const folder = join(ROOT, "tools/docs/build/blocks");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const blocks = new Map<string, { path: string; block: Block }>();
  for (const [path, text] of texts) {
    for (const block of findBlocks(text)) {
      if (block.language !== "ts" || block.attributes.file !== undefined) continue;
      const name = `${pageOf(path, "").path.replaceAll("/", "-").replace(".md", "")}-${block.line}.ts`;
      blocks.set(name, { path, block });
      writeFileSync(join(folder, name), `${block.text}\nexport {};\n`);
    }
  }
  const settings = {
    extends: "../../../../tsconfig.base.json",
    compilerOptions: {
      noEmit: true,
      allowImportingTsExtensions: true,
      noUnusedLocals: false,
      types: ["@soloist/interface/globals", "@soloist/crunch/ambient"],
    },
    include: ["*.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const { stdout } = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout.split("\n").flatMap((line) => {
    const [, name = "", row, message] = /^(\S+\.ts)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
    const found = blocks.get(name);
    return found ? [`${found.path}:${found.block.line + Number(row)}: ${message}`] : [];
  });
}

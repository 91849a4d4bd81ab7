import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Block, mapBlocks } from "./blocks.ts";
import { DOCS, markdownFiles, ROOT } from "./content.ts";

/** What a block with `file=` holds: the file, from docs/workshop/ or a template on, or its part between two marks. */
export function fileOf({ attributes }: Block): string | undefined {
  const { file } = attributes;
  if (file === undefined) return undefined;
  const template = /^template-(\w+)\/(.*)$/.exec(file);
  const path = template
    ? join(ROOT, "packages/create-soloist/templates", template[1]!, template[2]!)
    : join(DOCS, "workshop", file);
  return readFileSync(path, "utf8").trimEnd();
}

/** Writes the text of files into the blocks that name them. Returns the pages that changed. */
export function fill(): string[] {
  const changed: string[] = [];
  for (const path of markdownFiles()) {
    const file = join(DOCS, path);
    const before = readFileSync(file, "utf8");
    const after = mapBlocks(before, (block) => fileOf(block) ?? block.text);
    if (after === before) continue;
    writeFileSync(file, after);
    changed.push(path);
  }
  return changed;
}

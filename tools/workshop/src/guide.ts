import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mapBlocks, markdownFiles } from "@soloist/tool-docs";
import { normalise } from "./normalise.ts";

/**
 * Compares the guide's blocks `console walk=NAME` with what the terminal showed, but for times and the like. With `write` the blocks
 * that differ are written anew. Returns a line for each difference.
 */
export function compareScenes(folder: string, scenes: ReadonlyMap<string, string>, write = false): string[] {
  const differences: string[] = [];
  for (const path of markdownFiles(folder)) {
    const before = readFileSync(join(folder, path), "utf8");
    const after = mapBlocks(before, ({ attributes, text, line }) => {
      const { walk } = attributes;
      if (walk === undefined) return text;
      const scene = scenes.get(walk);
      if (scene === undefined) {
        differences.push(`${path}:${line}: the walk has no scene ${walk}`);
        return text;
      }
      if (normalise(scene) === normalise(text)) return text;
      differences.push(`${path}:${line}: ${walk} shows\n${scene}\n`);
      return scene;
    });
    if (write && after !== before) writeFileSync(join(folder, path), after);
  }
  return differences;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../src/check.ts";
import { DOCS, markdownFiles } from "../src/content.ts";
import { comparable, runBlock, runnable } from "../src/run-blocks.ts";

describe("the documentation", () => {
  it("has links that lead somewhere, blocks that are the files they name, and code that compiles", () => {
    expect(check()).toEqual([]);
  });

  const blocks = markdownFiles().flatMap((path) =>
    runnable(readFileSync(join(DOCS, path), "utf8")).map((block) => ({ name: `${path}:${block.line}`, block })),
  );
  it.each(blocks)("$name shows what its commands print", ({ block }) => {
    expect(comparable(runBlock(block))).toBe(comparable(block.text));
  });
});

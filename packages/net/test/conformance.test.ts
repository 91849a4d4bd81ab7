import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const table = readFileSync(new URL("../CONFORMANCE.md", import.meta.url), "utf8");

/** Claims as they stand in a test file: what `it(…)` begins with. */
function claims(file: string): string[] {
  const url = new URL(`${file}.test.ts`, import.meta.url);
  if (!existsSync(url)) return [];
  return [...readFileSync(url, "utf8").matchAll(/\bit\(\s*"((?:[^"\\]|\\.)*)"/g)].map(([, claim]) => claim!);
}

describe("CONFORMANCE.md", () => {
  it("names tests that exist", () => {
    const named = [...table.matchAll(/`([\w/-]+)`: ("[^"]+"(?:, "[^"]+")*)/g)].flatMap(([, file, list]) =>
      [...list!.matchAll(/"([^"]+)"/g)].map(([, claim]) => ({ file: file!, claim: claim! })),
    );
    expect(named.length).toBeGreaterThan(150);
    expect(named.filter(({ file, claim }) => !claims(file).includes(claim))).toEqual([]);
  });
  it("has every number of RFC 9293, appendix B, once", () => {
    const numbers = [...table.matchAll(/^\| ((?:MUST|SHLD|MAY|REC)-\d+) +\|/gm)].map(([, number]) => number!);
    const all = Object.entries({ MUST: 69, SHLD: 31, MAY: 18, REC: 1 }).flatMap(([level, count]) =>
      Array.from({ length: count }, (_, index) => `${level}-${index + 1}`),
    );
    expect(numbers.toSorted()).toEqual(all.toSorted());
  });
  it("has a test or a reason in every row", () => {
    const rows = table.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
    for (const row of rows) expect(row.split("|").at(-2)!.trim().length, row).toBeGreaterThan(1);
  });
});

import { describe, expect, it } from "vitest";
import { exportLines, importLines, MAX_IMPORT_LINES } from "../src/transfer.ts";
import { shortener } from "./fixture.ts";

const line = (url: string, alias?: string) => JSON.stringify({ url, alias });

describe("import", () => {
  it("takes good lines, and says of each bad one what is wrong, with its number", async () => {
    const { links } = await shortener();
    const text = [
      line("https://example.org/a", "a"),
      "",
      "{",
      "5",
      line("javascript:alert(1)"),
      line("https://example.org/b", "api"),
      line("http://short.test/a"),
      `{"url":1}`,
      `{"url":"https://example.org/c","alias":1}`,
      `${"[".repeat(5000)}`,
      line("https://example.org/d", "a"),
    ].join("\r\n");
    const result = await importLines(links, text, "short.test");
    expect(result.map((entry) => ("error" in entry ? entry.line : entry.alias))).toEqual([
      "a",
      3,
      4,
      5,
      6,
      7,
      8,
      9,
      10,
      "a-1",
    ]);
    expect(links.count).toBe(2);
    const made = result[0]!;
    expect("key" in made && (await links.delete(links.get("a")!, made.key))).toBe(true);
  });

  it("refuses too many lines as a whole", async () => {
    const { links } = await shortener();
    const text = `${line("https://example.org/a")}\n`.repeat(MAX_IMPORT_LINES + 1);
    await expect(importLines(links, text, "")).rejects.toThrow(RangeError);
    expect(links.count).toBe(0);
  });
});

describe("export", () => {
  it("can be imported elsewhere, and has no keys", async () => {
    const { links } = await shortener();
    for (let index = 0; index < 300; index++)
      await links.create(`https://example.org/${"x".repeat(100)}${index}`, `n${index}`);
    const pieces = [...exportLines(links)];
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join("")).not.toMatch(/key/i);
    const other = (await shortener()).links;
    await importLines(other, pieces.join(""), "");
    // Lines are imported some at a time: their order may change.
    const shown = (of: typeof links) => [...of.all()].map(({ alias, url }) => `${alias} ${url}`).sort();
    expect(shown(other)).toEqual(shown(links));
  });
});

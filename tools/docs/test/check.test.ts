import { describe, expect, it } from "vitest";
import { findBlocks, mapBlocks, parseAttributes } from "../src/blocks.ts";
import { checkBlocks, checkLinks } from "../src/check.ts";
import { addressOf, targetOf } from "../src/content.ts";
import { slug } from "../src/markdown.ts";

const none = () => undefined;

describe("links", () => {
  it("to a page that is not there are found, with their line", () => {
    expect(checkLinks("a/b.md", "# T\n\n[x](../c.md)", none)).toEqual(["a/b.md:3: there is no c.md"]);
  });
  it("to a heading that is not there are found", () => {
    expect(checkLinks("a.md", "[x](b.md#two)", () => "# One")).toEqual(["a.md:1: b.md has no heading #two"]);
    expect(checkLinks("a.md", "[x](b.md#one)", () => "# One")).toEqual([]);
  });
  it("in code are none", () => {
    expect(checkLinks("a.md", "`[x](b.md)`\n```ts\n[y](c.md)\n```", none)).toEqual([]);
  });
  it("to other sites are left alone", () => {
    expect(checkLinks("a.md", "[x](https://example.org/)", none)).toEqual([]);
  });
});

describe("blocks", () => {
  it("of a console have to say where their truth comes from", () => {
    expect(checkBlocks("a.md", "```console\n$ ls\n```")).toHaveLength(1);
    expect(checkBlocks("a.md", '```console not-run="a reason"\n$ ls\n```')).toEqual([]);
  });
  it("that name a file have to be that file", () => {
    const [problem] = checkBlocks("a.md", "```ts file=step-2/src/main.ts\nlet x;\n```");
    expect(problem).toContain("differs from step-2/src/main.ts");
  });
  it("of JSON have to be JSON", () => {
    expect(checkBlocks("a.md", "```json\n{,}\n```")).toEqual(["a.md:1: this is not JSON"]);
  });
  it("that do not end are an error with the line", () => {
    expect(() => findBlocks("\n```ts\nlet x;")).toThrow("the block of line 2 does not end");
  });
  it("are replaced in place, empty ones as well", () => {
    expect(mapBlocks("a\n```x\n```\nb", () => "1\n2")).toBe("a\n```x\n1\n2\n```\nb");
  });
  it("have attributes with and without values", () => {
    expect(parseAttributes('run file=a/b.ts not-run="two words"')).toEqual({
      run: "",
      file: "a/b.ts",
      "not-run": "two words",
    });
  });
});

describe("addresses", () => {
  it("are folders", () => {
    expect(["index.md", "a/index.md", "a/b-c.md"].map(addressOf)).toEqual(["/", "/a/", "/a/b-c/"]);
  });
  it("are found from where the link stands", () => {
    expect(targetOf("a/b.md", "../c/d.md#e")).toBe("c/d.md");
    expect(targetOf("a/b.md", "#e")).toBe("a/b.md");
  });
  it("of headings are GitHub's", () => {
    expect(slug("What's `run(x)`, exactly?")).toBe("whats-runx-exactly");
  });
});

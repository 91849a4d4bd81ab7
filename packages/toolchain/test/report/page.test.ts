import { expect, it } from "vitest";
import type { ImageInfo } from "../../src/inspect.ts";
import { emitReport } from "../../src/report/page.ts";

const image = {
  file: "x",
  size: 2_400_000,
  target: "spt",
  abi: { target: 2, version: 2 },
  devices: [{ name: "links", type: "BLOCK_BASIC", optional: true }],
  segments: [{ address: 0x100000, fileSize: 785_000, memorySize: 786_432, permissions: "r-x" }],
  entry: 0x100000,
  memory: 9_400_000,
  engine: "quickjs-ng",
  modules: ["url"],
  snapshot: true,
} satisfies ImageInfo;

const page = (boot?: { phases: { name: string; time: number }[]; how: string }) =>
  emitReport({
    app: "<b>app & co</b>",
    image,
    linearBase: 0x500000,
    imageTree: [{ name: "engine", kind: "engine", size: 100 }],
    bundleTree: [{ name: "net", kind: "soloist", size: 90, children: [{ name: 'a"<i>.ts', size: 90 }] }],
    build: [{ name: "bundling", time: 12_345 }],
    ...(boot ? { boot } : {}),
  });

it("needs nothing but itself", () => {
  expect(page()).not.toMatch(/https?:|src=|href=|url\(|@import|<script/);
});

it("names that hold markup stay text", () => {
  expect(page()).toContain("&#60;b&#62;app &#38; co&#60;/b&#62;");
  expect(page()).not.toContain("<i>.ts");
  expect(page()).not.toContain("<b>app");
});

it("says sizes, devices, segments and times", () => {
  const html = page({ phases: [{ name: "start to first words", time: 2.34 }], how: "the spt tender" });
  for (const text of ["2.4 MB", "links", "optional", "0x100000", "12.3 s", "2.3 ms", "the spt tender"]) {
    expect(html).toContain(text);
  }
});

it("a boot that nobody measured is said, with how to", () => {
  expect(page()).toContain("--report --measure");
});

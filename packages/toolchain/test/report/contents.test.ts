import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { ImageInfo } from "../../src/inspect.ts";
import { bundleTree, imageTree } from "../../src/report/contents.ts";
import { prepareToyBase, toyBase } from "../toy-base.ts";

it("files are grouped by the package that they are in, and by folder", () => {
  const root = mkdtempSync(join(tmpdir(), "soloist-test-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const lib = join(root, "node_modules/lib");
  mkdirSync(join(lib, "esm"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{"name":"my-app"}');
  writeFileSync(join(lib, "package.json"), '{"name":"lib"}');
  writeFileSync(join(lib, "esm/package.json"), '{"type":"module"}'); // says nothing about the package
  const files = [
    { path: join(root, "src/main.ts"), bytes: 100 },
    { path: join(root, "src/pages/a.ts"), bytes: 10 },
    { path: join(root, "src/pages/b.ts"), bytes: 20 },
    { path: join(root, "src/one/only.ts"), bytes: 5 },
    { path: join(lib, "esm/index.js"), bytes: 7 },
    { path: "soloist:entry", bytes: 3 },
  ];
  expect(bundleTree({ files, archives: [] }, root)).toEqual([
    {
      name: "my-app",
      kind: "app",
      size: 135,
      children: [
        { name: "main.ts", size: 100 },
        {
          name: "pages",
          size: 30,
          children: [
            { name: "a.ts", size: 10 },
            { name: "b.ts", size: 20 },
          ],
        },
        { name: "one/only.ts", size: 5 },
      ],
    },
    { name: "lib", kind: "library", size: 7, children: [{ name: "index.js", size: 7 }] },
    { name: "generated", kind: "other", size: 3, children: [{ name: "soloist:entry", size: 3 }] },
  ]);
});

it("every byte of an image is in exactly one place", async () => {
  await prepareToyBase();
  const { description } = toyBase();
  const segment = (address: number, fileSize: number, permissions: string) => ({
    address,
    fileSize,
    memorySize: fileSize,
    permissions,
  });
  const image = {
    size: 10_000,
    segments: [
      segment(0x100000, 1000, "r-x"),
      segment(0x200000, 200, "r--"),
      segment(0x202000, 30, "rw-"),
      segment(0x300000, 400, "r-x"),
      segment(0x500000, 5000, "rw-"),
      segment(0x600000, 1000, "rw-"),
    ],
  } as unknown as ImageInfo;
  const tree = imageTree(image, description, { files: [], archives: [{ folder: "/app/public", bytes: 1500 }] });
  expect(tree.reduce((sum, { size }) => sum + size, 0)).toBe(10_000);
  expect(tree.map(({ name, size }) => [name, size])).toEqual([
    ["engine and kernel", 1230],
    ["engine modules", 400],
    ["heap of the app", 6000],
    ["headers, gaps", 2370],
  ]);
  expect(tree[1]!.children).toEqual([{ name: "encoding", size: 400 }]);
  expect(tree[2]!.children).toEqual([
    { name: "objects, bytecode, globals", size: 4500 },
    { name: "files: public", size: 1500 },
  ]);
});

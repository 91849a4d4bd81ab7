import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { blockAcquire, blockRead, blockWrite, type ManifestDevice, openBlocks } from "../src/block.ts";

const folder = mkdtempSync(join(tmpdir(), "soloist-block-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, size: number) => {
  writeFileSync(join(folder, name), new Uint8Array(size));
  return join(folder, name);
};
const disk = (name: string, optional?: true): ManifestDevice => ({
  name,
  type: "BLOCK_BASIC",
  ...(optional ? { optional } : {}),
});

it("reads and writes whole blocks of a file, and wakes the loop", () => {
  const path = file("a.img", 2048);
  let transfers = 0;
  expect(openBlocks([{ value: path }], [disk("a")], () => transfers++)).toBeUndefined();
  const state = new Float64Array(2);
  const handle = blockAcquire("a", state);
  expect([...state]).toEqual([512, 4]);
  const bytes = new Uint8Array(600).fill(7);
  expect(blockWrite(handle, 2, bytes, 88)).toBe(0);
  expect(readFileSync(path).subarray(1024, 1536)).toEqual(Buffer.alloc(512, 7));
  expect(blockRead(handle, 0, bytes, 0)).toBe(0);
  expect(bytes[0]).toBe(0);
  expect(blockRead(handle, 4, bytes, 0)).toBe(-1);
  expect(transfers).toBe(3);
  expect(() => blockRead(handle, 0, bytes, 100)).toThrow(RangeError);
});

it("an optional disk that nobody gave is one block, which stands for none", () => {
  expect(openBlocks([], [disk("b", true)], () => {})).toBeUndefined();
  const state = new Float64Array(2);
  expect(blockAcquire("b", state)).toBeGreaterThanOrEqual(0);
  expect(state[1]).toBe(1);
});

it("says in one line what is wrong with a disk", () => {
  expect(openBlocks([], [disk("c")], () => {})).toMatch(/^the app needs a disk: --block c=FILE/);
  expect(openBlocks([{ name: "d", value: file("d.img", 100) }], [disk("d")], () => {})).toMatch(/no whole blocks/);
  expect(openBlocks([{ name: "other", value: "x" }], [disk("e")], () => {})).toMatch(/the app has e, not other/);
  expect(openBlocks([{ value: join(folder, "none.img") }], [disk("f")], () => {})).toMatch(/ENOENT/);
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ElfSummary, readElf } from "../../src/builder/elf.ts";
import { readLayout } from "../../src/builder/layout.ts";
import { type describeBase, link, TARGETS } from "../../src/builder/link.ts";
import { PLATFORM } from "../../src/builder/platform.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const layout = readLayout(join(ROOT, "layout.json"));
const built = TARGETS.filter((target) => existsSync(join(ROOT, "dist", `base-${target}.json`)));

const [PF_X, PF_W] = [1, 2];

it("the bases were built (npm run build)", () => {
  expect(built).toEqual(TARGETS);
});

describe.each(built)("base of %s", (target) => {
  const description = JSON.parse(readFileSync(join(ROOT, "dist", `base-${target}.json`), "utf8")) as ReturnType<
    typeof describeBase
  >;
  const bytes = new Uint8Array(readFileSync(join(ROOT, "dist", `base-${target}.elf`)));
  const elf: ElfSummary = readElf(bytes);
  const segmentOf = (address: number) =>
    elf.segments.find((s) => address >= s.vaddr && address < s.vaddr + s.memorySize);

  it("segments ascend, do not overlap, end below linear memory, and none is writable and executable", () => {
    let end = layout.TEXT_BASE;
    for (const { vaddr, memorySize, flags } of elf.segments) {
      expect(vaddr).toBeGreaterThanOrEqual(end);
      expect(vaddr % 4096).toBe(0);
      expect(flags & (PF_W | PF_X)).not.toBe(PF_W | PF_X);
      end = vaddr + memorySize;
    }
    expect(end).toBeLessThanOrEqual(layout.LINEAR_BASE);
  });

  it("the table, the boot record and the manifest are read-only and still empty", () => {
    for (const { vaddr } of [description.table, description.bootRecord, description.manifest])
      expect(segmentOf(vaddr)!.flags & (PF_W | PF_X)).toBe(0);
    expect(description.bootRecord.size).toBe(128);
    expect(description.manifest.size).toBe(8 + 64 * 104);
  });

  it("every platform function is in its slot of the table", () => {
    const segment = segmentOf(description.table.vaddr)!;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const programHeader = Array.from({ length: view.getUint16(56, true) }, (_, n) => 64 + 56 * n).find(
      (at) => Number(view.getBigUint64(at + 16, true)) === segment.vaddr,
    )!;
    const start = Number(view.getBigUint64(programHeader + 8, true)) + description.table.vaddr - segment.vaddr;
    expect(description.platform.functions).toEqual(PLATFORM);
    PLATFORM.forEach(({ name }, n) => {
      const pointer = Number(view.getBigUint64(start + 8 * (description.platform.tableBase + n), true));
      expect(pointer).toBe(elf.symbols.get(`platform_${name}`)!.address);
    });
    expect(description.table.entries).toBe(description.platform.tableBase + PLATFORM.length);
  });

  it("every module's code is in a segment of its own that nothing else shares", () => {
    for (const module of Object.values(description.modules)) {
      expect(module.segments).toHaveLength(1);
      expect(segmentOf(module.segments[0]!.vaddr)!.flags & PF_X).toBe(PF_X);
    }
    const starts = Object.values(description.modules).map((m) => m.segments[0]!.vaddr);
    expect(new Set(starts).size).toBe(starts.length);
    expect(segmentOf(elf.symbols.get("kernel_main")!.address)!.vaddr).not.toBeOneOf(starts);
  });

  it("linking the same objects again gives the same bytes", () => {
    const objects = join(ROOT, "build", "objects");
    const other = TARGETS.find((name) => name !== target)!;
    const inputs = readdirSync(objects)
      .filter((name) => !name.startsWith(`${other}-`))
      .map((name) => join(objects, name));
    const folder = mkdtempSync(join(tmpdir(), "soloist-link-"));
    try {
      const includes = ["include", "src/common", "build/generated"].map((name) => join(ROOT, name));
      const outputs = ["a", "b"].map((name) => join(folder, name));
      for (const output of outputs) link(join(ROOT, "src", target, "link.lds"), includes, inputs, output);
      expect(readFileSync(outputs[0]!).equals(readFileSync(outputs[1]!))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

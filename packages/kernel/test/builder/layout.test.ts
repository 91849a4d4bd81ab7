import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { layoutHeader, readLayout } from "../../src/builder/layout.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const layout = readLayout(join(ROOT, "layout.json"));

describe("layout", () => {
  it("every value of layout.json becomes one definition, hexadecimal and without suffix", () => {
    const header = layoutHeader(layout);
    expect(header.match(/^#define \w+ 0x[0-9a-f]+$/gm)).toHaveLength(Object.keys(layout).length);
    expect(header).toContain(`#define LINEAR_BASE 0x${layout.LINEAR_BASE.toString(16)}\n`);
  });

  it("addresses are multiples of a page, and text lies where Solo5's tenders allow it", () => {
    for (const value of [layout.TEXT_BASE, layout.LINEAR_BASE, layout.STACK_SIZE]) expect(value % 4096).toBe(0);
    expect(layout.TEXT_BASE).toBeGreaterThanOrEqual(0x100000);
    expect(layout.LINEAR_BASE).toBeGreaterThan(layout.TEXT_BASE + layout.STACK_SIZE);
  });

  const built = join(ROOT, "build", "generated", "layout.h");
  it.skipIf(!existsSync(built))("what the build wrote is what layout.json says now", () => {
    expect(readFileSync(built, "utf8")).toBe(layoutHeader(layout));
  });
});

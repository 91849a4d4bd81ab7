import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layOut, squarify } from "../../src/report/treemap.ts";

const area = { x: 10, y: 20, width: 300, height: 200 };
const sizes = fc
  .array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 40 })
  .map((values) => values.sort((a, b) => b - a));

describe("squarify", () => {
  it("gives each size its share of the area, within it, without overlap", () => {
    fc.assert(
      fc.property(sizes, (values) => {
        const boxes = squarify(values, area);
        const total = values.reduce((sum, value) => sum + value, 0);
        expect(boxes).toHaveLength(values.length);
        boxes.forEach((box, index) => {
          expect(box.width * box.height).toBeCloseTo((values[index]! / total) * area.width * area.height, 3);
          expect(box.x).toBeGreaterThan(area.x - 1e-6);
          expect(box.y).toBeGreaterThan(area.y - 1e-6);
          expect(box.x + box.width).toBeLessThan(area.x + area.width + 1e-6);
          expect(box.y + box.height).toBeLessThan(area.y + area.height + 1e-6);
          for (const other of boxes.slice(index + 1)) {
            const wide = Math.min(box.x + box.width, other.x + other.width) - Math.max(box.x, other.x);
            const high = Math.min(box.y + box.height, other.y + other.height) - Math.max(box.y, other.y);
            expect(Math.min(wide, high)).toBeLessThan(1e-6);
          }
        });
      }),
    );
  });

  it("the example of the paper: seven boxes in six by four", () => {
    const boxes = squarify([6, 6, 4, 3, 2, 2, 1], { x: 0, y: 0, width: 6, height: 4 });
    expect(boxes[0]).toEqual({ x: 0, y: 0, width: 3, height: 2 });
    expect(boxes[1]).toEqual({ x: 0, y: 2, width: 3, height: 2 });
    // Two beside each other on top of the rest, 7/3 high.
    expect(boxes[2]!.height).toBeCloseTo(7 / 3);
    expect(boxes[3]!.height).toBeCloseTo(7 / 3);
  });
});

describe("layOut", () => {
  it("boxes lie in their group, which is named by the path and gives its colour", () => {
    const boxes = layOut([{ name: "net", kind: "soloist", size: 3, children: [{ name: "tcp.ts", size: 3 }] }], area);
    expect(boxes.map(({ path, kind, depth, isGroup }) => ({ path, kind, depth, isGroup }))).toEqual([
      { path: ["net"], kind: "soloist", depth: 0, isGroup: true },
      { path: ["net", "tcp.ts"], kind: "soloist", depth: 1, isGroup: false },
    ]);
    expect(boxes[1]!.y).toBeGreaterThan(boxes[0]!.y);
  });

  it("what is empty has no box; a group without room for names stays closed", () => {
    const boxes = layOut(
      [
        { name: "none", size: 0 },
        { name: "big", size: 1000 },
        { name: "tiny", size: 1, children: [{ name: "x", size: 1 }] },
      ],
      area,
    );
    expect(boxes.map(({ node, isGroup }) => [node.name, isGroup])).toEqual([
      ["big", false],
      ["tiny", false],
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { smallest } from "../src/bisect.ts";
import { formatTable, median, ratio } from "../src/table.ts";

describe("ratio", () => {
  it("is above 1 when the image is better, whichever way is better", () => {
    expect(ratio({ name: "", unit: "ms", soloist: 2, node: 60 })).toBe(30);
    expect(ratio({ name: "", unit: "/s", soloist: 60, node: 30, higherIsBetter: true })).toBe(2);
    expect(ratio({ name: "", unit: "MB", soloist: 1 })).toBeUndefined();
  });
});

it("there is no ratio to nothing", () => {
  expect(ratio({ name: "wake-ups", unit: "/s", soloist: 0, node: 0 })).toBeUndefined();
  expect(ratio({ name: "wake-ups", unit: "/s", soloist: 1, node: 0 })).toBeUndefined();
});

it("median: the middle one, or the mean of the two in the middle", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([1, 2, 3, 100])).toBe(2.5);
});

it("the table is aligned", () => {
  expect(
    formatTable([
      { name: "hello", unit: "ms", soloist: 2.2, node: 67 },
      { name: "size", unit: "MB", soloist: 1.344 },
    ]),
  ).toBe(
    [
      "       Soloist  Node.js  times better",
      "hello  2.20 ms  67.0 ms         30.5×",
      "size   1.34 MB        –             –",
    ].join("\n"),
  );
});

describe("smallest", () => {
  it.each([1, 2, 7, 63, 64])("finds %i", async (least) => {
    expect(await smallest(1, 64, async (n) => n >= least)).toBe(least);
  });

  it("is undefined when nothing works", async () => {
    expect(await smallest(1, 64, async () => false)).toBeUndefined();
  });
});

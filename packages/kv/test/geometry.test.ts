import { describe, expect, it } from "vitest";
import { geometryFor } from "../src/geometry.ts";

const device = (blocks: number, blockSize = 512) => ({ name: "d", blocks, blockSize }) as never;

describe("geometry", () => {
  it.each([
    [16, 32, 4],
    [24, 32, 4],
    [25, 32, 5],
    [63, 32, 9],
    [64, 32, 9],
  ])("%i segments of %i blocks have a reserve of %i", (segments, segmentBlocks, reserve) => {
    expect(geometryFor(device(2 + segments * segmentBlocks))).toMatchObject({ segments, segmentBlocks, reserve });
  });

  it("a larger device has larger segments before it has more, and then more of them", () => {
    expect(geometryFor(device(2 + 64 * 1000))).toMatchObject({ segments: 64, segmentBlocks: 1000 });
    expect(geometryFor(device(2 + 400 * 2048))).toMatchObject({ segments: 400, segmentBlocks: 2048, reserve: 51 });
  });

  it("a device with less than 16 segments is too small", () => {
    expect(() => geometryFor(device(1 + 16 * 32))).toThrow(/263168 bytes/);
  });
});

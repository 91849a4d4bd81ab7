import { describe, expect, it } from "vitest";
import { MAX_PENDING, MAX_PENDING_IN_ALL, PendingFrames } from "../src/pending-frames.ts";

const frame = (number: number): Uint8Array => Uint8Array.of(number);

describe("frames that wait for neighbours", () => {
  it("of one neighbour the oldest goes when there are too many", () => {
    const frames = new PendingFrames();
    const list: Uint8Array[] = [];
    for (let number = 0; number < MAX_PENDING; number++) expect(frames.keep(list, frame(number))).toBe(true);
    expect(frames.keep(list, frame(99))).toBe(false);
    expect(list.length).toBe(MAX_PENDING);
    expect([list[0]![0], list.at(-1)![0]]).toEqual([1, 99]);
  });

  it("of all together the newest is dropped, until some were taken or forgotten", () => {
    const frames = new PendingFrames();
    const lists: Uint8Array[][] = [];
    for (let number = 0; number < MAX_PENDING_IN_ALL; number++) {
      if (number % MAX_PENDING === 0) lists.push([]);
      expect(frames.keep(lists.at(-1)!, frame(0))).toBe(true);
    }
    const late: Uint8Array[] = [];
    expect(frames.keep(late, frame(1))).toBe(false);
    expect(late).toEqual([]);
    expect(frames.take(lists[0]!).length).toBe(MAX_PENDING);
    expect(lists[0]).toEqual([]);
    for (let number = 0; number < MAX_PENDING; number++) expect(frames.keep(late, frame(2))).toBe(true);
    expect(frames.keep(lists[0]!, frame(3))).toBe(false);
    frames.clear();
    expect(frames.keep(lists[0]!, frame(3))).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { type FuzzTarget, joinRecords, mutate, pattern, seededRng, splitRecords } from "../src/index.ts";

const nothing = () => undefined;

describe("records", () => {
  it("come back as they were joined, empty ones too", () => {
    const records = [pattern(3), new Uint8Array(0), pattern(300, 2)];
    expect(splitRecords(joinRecords(records))).toEqual(records);
  });
  it("any bytes are some: the last one ends with them", () => {
    const input = pattern(200, 5);
    const records = splitRecords(input);
    expect(records.length).toBeGreaterThan(0);
    expect(splitRecords(Uint8Array.of(0, 9, 1, 2))).toEqual([Uint8Array.of(1, 2)]);
    expect(splitRecords(Uint8Array.of(7))).toEqual([]);
  });
});

describe("mutated inputs", () => {
  const many = (target: FuzzTarget, count: number, seed = 1) => {
    const rng = seededRng(seed);
    return Array.from({ length: count }, () => mutate(target, target.seeds[0]!, target.seeds.at(-1)!, rng));
  };

  it("are the same for the same seed, and leave what they are made of alone", () => {
    const target: FuzzTarget = { seeds: [pattern(40, 1), pattern(40, 2)], run: nothing };
    expect(many(target, 500)).toEqual(many(target, 500));
    expect(many(target, 500, 2)).not.toEqual(many(target, 500));
    expect(target.seeds).toEqual([pattern(40, 1), pattern(40, 2)]);
  });
  it("are longer and shorter, up to the limit", () => {
    const target: FuzzTarget = { seeds: [pattern(60)], limit: 64, run: nothing };
    const lengths = many(target, 2000).map(({ length }) => length);
    expect(Math.max(...lengths)).toBe(64);
    expect(Math.min(...lengths)).toBeLessThan(30);
  });
  it("hold words of the format, and parts of other inputs", () => {
    const seeds = [new Uint8Array(30), new Uint8Array(30).fill(0xee)];
    const target: FuzzTarget = { seeds, words: [Uint8Array.of(0xd1, 0x3c, 0x77)], run: nothing };
    const texts = many(target, 1000).map((input) => Buffer.from(input).toString("hex"));
    expect(texts.some((text) => text.includes("d13c77"))).toBe(true);
    expect(texts.some((text) => text.includes("eeee"))).toBe(true);
  });
  it("of records are records: put in, taken out, moved and changed", () => {
    const seeds = [joinRecords([pattern(4, 1), pattern(4, 2), pattern(4, 3)])];
    const target: FuzzTarget = { seeds, records: true, run: nothing };
    const inputs = many(target, 500).map(splitRecords);
    const counts = new Set(inputs.map(({ length }) => length));
    expect(counts.has(0) || counts.has(1)).toBe(true);
    expect(Math.max(...counts)).toBeGreaterThan(4);
    for (const records of inputs) expect(joinRecords(records)).toEqual(joinRecords(splitRecords(joinRecords(records))));
  });
});

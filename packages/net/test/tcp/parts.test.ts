import { byteHelpers, pattern, seededRng } from "@soloist/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moveRing, RingPool, readRing, ringCapacity, writeRing } from "../../src/tcp/buffers.ts";
import { halfSipHash, SequenceNumbers } from "../../src/tcp/isn.ts";
import { MAX_RANGES } from "../../src/tcp/limits.ts";
import { Ranges } from "../../src/tcp/reassembly.ts";
import { type Timed, Timers } from "../../src/timers.ts";

describe("ranges of data out of order", () => {
  it("hold exactly what was inserted, joined and in order", () => {
    const operations = fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 40 })), { maxLength: 60 });
    fc.assert(
      fc.property(operations, fc.integer({ min: -0x80000000, max: 0x7fffffff }), (list, base) => {
        const ranges = new Ranges();
        const model = new Set<number>();
        for (const [start, length] of list) {
          const taken = ranges.insert((base + start) | 0, (base + start + length) | 0);
          if (taken) for (let byte = start; byte < start + length; byte++) model.add(byte);
          else expect(ranges.count).toBe(MAX_RANGES);
        }
        const held = new Set<number>();
        for (let index = 0; index < ranges.count; index++) {
          const start = (ranges.start(index) - base) | 0;
          const end = (ranges.end(index) - base) | 0;
          expect(end).toBeGreaterThan(start);
          if (index > 0) expect(start).toBeGreaterThan((ranges.end(index - 1) - base) | 0);
          for (let byte = start; byte < end; byte++) held.add(byte);
        }
        expect(held).toEqual(model);
      }),
    );
  });
  it("advance takes off what has become contiguous", () => {
    const ranges = new Ranges();
    ranges.insert(10, 20);
    ranges.insert(30, 40);
    expect(ranges.advance(5)).toBe(5);
    expect(ranges.advance(10)).toBe(20);
    expect(ranges.advance(35)).toBe(40);
    expect(ranges.count).toBe(0);
  });
});

describe("rings", () => {
  it("give back what was written, across the end, the wrap of sequence numbers and growth", () => {
    const { copy } = byteHelpers;
    for (const start of [0, 2000, -100, 0x7fffffff - 50]) {
      const ring = new Uint8Array(2048);
      const data = pattern(1500, start);
      writeRing(ring, start, data, 0, 1500, copy);
      const larger = new Uint8Array(ringCapacity(5000));
      moveRing(ring, larger, start, 1500, copy);
      for (const from of [ring, larger]) {
        const back = new Uint8Array(1500);
        readRing(from, start, back, 0, 1500, copy);
        expect(Buffer.compare(back, data)).toBe(0);
      }
    }
  });
  it("a pool counts what is held and says when it is too much", () => {
    const pool = new RingPool(8192, 4096);
    const rings = [pool.acquire(4096), pool.acquire(4096), pool.acquire(4096)];
    expect(pool.pressure).toBe(true);
    for (const ring of rings) pool.release(ring);
    expect([pool.pressure, pool.used]).toEqual([false, 0]);
    expect(pool.acquire(4096)).toBe(rings[0]);
    expect(pool.acquire(4096)).not.toBe(rings[1]);
  });
});

describe("timers", () => {
  it("come in the order of their deadlines, whatever was moved or removed", () => {
    const rng = seededRng(4);
    const timers = new Timers<Timed>();
    const items = Array.from({ length: 200 }, (): Timed => ({ timerKey: Number.POSITIVE_INFINITY, timerIndex: -1 }));
    for (let step = 0; step < 3000; step++) {
      const item = items[rng.below(items.length)]!;
      if (rng.below(3) === 0) timers.remove(item);
      else timers.schedule(item, rng.below(1000));
      const filed = items.filter(({ timerIndex }) => timerIndex >= 0);
      expect(timers.size).toBe(filed.length);
      expect(timers.first).toBe(Math.min(...filed.map(({ timerKey }) => timerKey), Number.POSITIVE_INFINITY));
    }
    let last = -1;
    for (;;) {
      const key = timers.first;
      const item = timers.take(2000);
      if (item === undefined) break;
      expect(key).toBeGreaterThanOrEqual(last);
      last = key;
    }
    expect(timers.first).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("initial sequence numbers", () => {
  it("HalfSipHash-2-4 gives its published values", () => {
    // Key 00…07, messages 00 01 02…: https://github.com/veorq/SipHash, vectors.h
    const words = [0x03020100, 0x07060504, 0x0b0a0908];
    const values = [0, 1, 2, 3].map((count) => halfSipHash(0x03020100, 0x07060504, words.slice(0, count)) >>> 0);
    expect(values).toEqual([0x5b9f35a9, 0x89466e2a, 0x8f84b8d0, 0x2f87f057]);
  });
  it("grow by one every 4 microseconds for one pair of ends, and differ between pairs and secrets", () => {
    const numbers = new SequenceNumbers(seededRng(1));
    const first = numbers.initial(1, 2, 3, 4, 1000);
    expect((numbers.initial(1, 2, 3, 4, 1001) - first) | 0).toBe(250);
    expect(numbers.initial(1, 2, 3, 5, 1000)).not.toBe(first);
    expect(new SequenceNumbers(seededRng(2)).initial(1, 2, 3, 4, 1000)).not.toBe(first);
    expect(Number.isInteger(numbers.initial(1, 2, 3, 4, 1e12))).toBe(true);
  });
  it("timestamps begin at another number for each pair of ends, and not at the time", () => {
    const numbers = new SequenceNumbers(seededRng(1));
    const offset = numbers.timestampOffset(1, 2, 3, 4);
    expect(numbers.timestampOffset(1, 2, 3, 4)).toBe(offset);
    const others = [numbers.timestampOffset(1, 2, 3, 5), numbers.timestampOffset(1, 2, 4, 4)];
    others.push(numbers.initial(1, 2, 3, 4, 0), new SequenceNumbers(seededRng(2)).timestampOffset(1, 2, 3, 4), 0);
    expect(others).not.toContain(offset);
  });
});

import { randomFillSync } from "node:crypto";
import type { EntropySource } from "@soloist/interface";
import { describe, expect, test } from "vitest";
import { createRng, EntropyError } from "../src/index.ts";

/** Bytes that look random and are the same in every run. */
function source(
  kind: EntropySource["kind"],
  seed: number,
  name = `${kind} ${seed}`,
): EntropySource & { calls: number } {
  let state = seed;
  return {
    name,
    kind,
    calls: 0,
    fill(into) {
      this.calls++;
      for (let index = 0; index < into.length; index++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        into[index] = state >>> 24;
      }
      return into.length;
    },
  };
}
const broken = (name: string, kind: EntropySource["kind"], byte?: number): EntropySource => ({
  name,
  kind,
  fill: (into) => (byte === undefined ? 0 : into.fill(byte).length),
});
const now = () => 0;
const sample = (rng: { fill(into: Uint8Array): Uint8Array }, length = 64) =>
  Buffer.from(rng.fill(new Uint8Array(length))).toString("hex");

describe("start-up", () => {
  test("the same sources give the same numbers, others do not", () => {
    const one = sample(createRng({ sources: [source("processor", 1)], now }));
    expect(sample(createRng({ sources: [source("processor", 1)], now }))).toBe(one);
    expect(sample(createRng({ sources: [source("processor", 2)], now }))).not.toBe(one);
  });

  test("a working processor instruction is enough: nothing else is asked", () => {
    const timing = source("timing", 3);
    const second = source("processor", 2);
    createRng({ sources: [source("processor", 1), second, timing], now });
    expect([second.calls, timing.calls]).toEqual([0, 0]);
  });

  test("the second instruction stands in for a first that is missing or stuck", () => {
    const expected = sample(createRng({ sources: [source("processor", 2)], now }));
    for (const first of [broken("rdseed", "processor"), broken("rdseed", "processor", 0xff)]) {
      expect(sample(createRng({ sources: [first, source("processor", 2)], now }))).toBe(expected);
    }
  });

  test("timing stands in for instructions", () => {
    const rng = createRng({ sources: [broken("rdseed", "processor"), source("timing", 5)], now });
    const other = createRng({ sources: [broken("rdseed", "processor"), source("timing", 6)], now });
    expect(sample(rng)).not.toBe(sample(other));
  });

  test("no entropy: refuses, and says what is wrong with each source", () => {
    const sources = [
      broken("rdseed", "processor"),
      broken("rdrand", "processor", 0xff),
      broken("jitter", "timing", 3),
      source("event", 1),
    ];
    const attempt = () => createRng({ sources, now });
    expect(attempt).toThrow(EntropyError);
    expect(attempt).toThrow(
      "no usable source of entropy, and so no secure random numbers: rdseed is not there; rdrand returned only ones; jitter is stuck: 31 equal samples in a row",
    );
    expect(attempt).toThrow(expect.objectContaining({ code: "ERR_ENTROPY" }));
  });

  test("no sources at all: refuses", () => {
    expect(() => createRng({ sources: [], now })).toThrow("there is no source");
  });

  test("events alone are no entropy", () => {
    expect(() => createRng({ sources: [source("event", 1)], now })).toThrow(EntropyError);
  });
});

describe("running", () => {
  test("each refill mixes fresh bytes of the processor: clones of one machine part", () => {
    const machine = (second: number) => {
      let calls = 0;
      const first = source("processor", 1);
      const later = source("processor", second);
      return createRng({
        sources: [{ name: "rdrand", kind: "processor", fill: (into) => (calls++ === 0 ? first : later).fill(into) }],
        now,
      });
    };
    const one = machine(10);
    const two = machine(11);
    expect(sample(one, 32)).toBe(sample(two, 32));
    expect(sample(one, 480)).not.toBe(sample(two, 480));
  });

  test("a processor that stops working later does not stop the generator", () => {
    let calls = 0;
    const good = source("processor", 1);
    const rng = createRng({
      sources: [{ name: "rdrand", kind: "processor", fill: (into) => (calls++ === 0 ? good.fill(into) : 0) }],
      now,
    });
    expect(new Set(Array.from({ length: 100 }, () => sample(rng))).size).toBe(100);
  });

  test("events reseed once pool 0 holds enough and a second has passed", () => {
    let time = 0;
    const outputs = [1, 2].map((seed) => {
      time = 0;
      const rng = createRng({
        sources: [broken("rdseed", "processor"), source("timing", 5), source("event", seed)],
        now: () => time,
      });
      for (let count = 0; count < 16 * 32; count++) rng.addEvent();
      const early = sample(rng, 32 + 480);
      time = 1000;
      return [early, sample(rng, 480)];
    });
    expect(outputs[0]![0]).toBe(outputs[1]![0]);
    expect(outputs[0]![1]).not.toBe(outputs[1]![1]);
  });

  test("no 16 bytes come twice across a hundred reseeds", () => {
    let time = 0;
    const real: EntropySource = { name: "random", kind: "event", fill: (into) => randomFillSync(into).length };
    const rng = createRng({ sources: [source("timing", 5), real], now: () => time });
    const seen = new Set<string>();
    let total = 0;
    for (let reseed = 0; reseed < 100; reseed++) {
      for (let count = 0; count < 16 * 32; count++) rng.addEvent();
      time += 1000;
      const bytes = rng.fill(new Uint8Array(4096));
      for (let at = 0; at < bytes.length; at += 16, total++)
        seen.add(Buffer.from(bytes.buffer, at, 16).toString("latin1"));
    }
    expect(seen.size).toBe(total);
  });

  test("bits are balanced", () => {
    const rng = createRng({ sources: [source("processor", 7)], now });
    let ones = 0;
    for (const byte of rng.fill(new Uint8Array(125_000))) for (let bit = byte; bit > 0; bit >>= 1) ones += bit & 1;
    // A million fair bits: standard deviation 500; six of them.
    expect(Math.abs(ones - 500_000)).toBeLessThan(3000);
  });
});

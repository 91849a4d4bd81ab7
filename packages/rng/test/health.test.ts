import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { findDefect } from "../src/health.ts";

describe("processor instructions", () => {
  test("all ones, as some processors return after sleep", () => {
    expect(findDefect(new Uint8Array(32).fill(0xff), "processor")).toBe("returned only ones");
  });

  test("all zeros", () => {
    expect(findDefect(new Uint8Array(32), "processor")).toBe("returned only zeros");
  });

  test("the same 64 bits twice in a row", () => {
    const sample = randomBytes(32);
    sample.copy(sample, 16, 8, 16);
    expect(findDefect(sample, "processor")).toBe("returned the same value twice");
  });

  test("one stuck word among good ones", () => {
    expect(findDefect(Buffer.concat([randomBytes(24), Buffer.alloc(8, 0xff)]), "processor")).toBe("returned only ones");
  });

  test("10,000 sound samples pass", () => {
    for (let count = 0; count < 10_000; count++) expect(findDefect(randomBytes(32), "processor")).toBeUndefined();
  });
});

describe("timing", () => {
  test("31 equal samples in a row are stuck, 30 are not", () => {
    const sample = new Uint8Array(512).map((_, index) => (index * 37) & 0xff);
    sample.fill(7, 100, 130);
    expect(findDefect(sample, "timing")).toBeUndefined();
    sample.fill(7, 100, 131);
    expect(findDefect(sample, "timing")).toBe("is stuck: 31 equal samples in a row");
  });

  test("325 of 512 equal samples are stuck, 324 are not", () => {
    const sample = new Uint8Array(512);
    // 324 zeros, the first sample among them, never more than two in a row.
    let zeros = 324;
    let others = 512 - zeros;
    for (let index = 0; index < 512; index++) {
      if (zeros > 0 && (index % 3 !== 2 || others === 0)) zeros--;
      else sample[index] = (others-- & 0x7f) | 0x80;
    }
    expect(sample.filter((byte) => byte === 0).length).toBe(324);
    expect(findDefect(sample, "timing")).toBeUndefined();
    sample[2] = 0;
    expect(findDefect(sample, "timing")).toBe("is stuck: 325 of 512 samples are equal");
  });
});

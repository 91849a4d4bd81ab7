import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkingTender, fuzzer, guest } from "./support/build.ts";
import { run, scratch } from "./support/run.ts";

const file = scratch();
const seed = Number(process.env.FUZZ_SEED ?? 1);
const milliseconds = Number(process.env.FUZZ_MS ?? 6000);

/** Marsaglia's xorshift32. */
function generator(start: number): (limit: number) => number {
  let state = start | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

describe("under AddressSanitizer and UndefinedBehaviorSanitizer", () => {
  it("thousands of broken images and command lines: no report, always one line", () => {
    const outcome = run([`${seed}`, `${milliseconds}`, guest("basic"), guest("crash"), guest("gifts")], fuzzer);
    expect(outcome.stderr).toBe("");
    const [taken, refused] = outcome.stdout.match(/\d+/g)?.map(Number) ?? [];
    expect(outcome.status).toBe(0);
    expect(taken).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(1000);
  });

  it("the whole tender, without the jump: exit code 0, or 1 and one line", () => {
    const random = generator(seed);
    const base = readFileSync(guest("crash"));
    const codes = new Set<number | null>();
    for (let round = 0; round < 60; round++) {
      const broken = Buffer.from(base);
      for (let left = 1 + random(3); left > 0; left--)
        broken[random(2) ? random(64 + 6 * 56) : random(base.length)] = random(256);
      const path = file("fuzzed.spt", broken.subarray(0, random(8) ? base.length : random(base.length)));
      const outcome = run(["--mem=16", path], checkingTender);
      codes.add(outcome.status);
      expect(outcome.stdout).toBe("");
      if (outcome.status === 0) expect(outcome.stderr).toBe("");
      else expect(outcome.stderr).toMatch(/^soloist-spt: [^\n]+\n$/);
      expect([0, 1]).toContain(outcome.status);
    }
    expect([...codes].sort()).toEqual([0, 1]);
  });
});

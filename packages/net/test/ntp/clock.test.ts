import { FakeClock } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { DisciplinedClock, SLEW_RATE, STEP_THRESHOLD } from "../../src/ntp/clock.ts";

describe("a disciplined clock", () => {
  it("reads as its source before it is adjusted", () => {
    const source = new FakeClock();
    const clock = new DisciplinedClock(source);
    source.now = 1234.5;
    expect(clock.wall()).toBe(source.wall());
    expect(clock.monotonic()).toBe(1234.5);
  });
  it("steps by a large offset", () => {
    const source = new FakeClock();
    const clock = new DisciplinedClock(source);
    clock.adjust(-5000, 0);
    expect(clock.wall()).toBe(source.epoch - 5000);
  });
  it("slews by a small one: half a millisecond a second, never back, and then it stops", () => {
    const source = new FakeClock();
    const clock = new DisciplinedClock(source);
    source.now = 1000;
    clock.adjust(-100, 1000);
    let last = clock.wall();
    expect(last).toBe(source.wall());
    for (source.now = 2000; source.now <= 400_000; source.now += 1000) {
      const wall = clock.wall();
      expect(wall - last).toBeGreaterThanOrEqual(1000 * (1 - SLEW_RATE) - 1e-3);
      last = wall;
    }
    expect(clock.wall() - source.wall()).toBeCloseTo(-100, 3);
  });
  it("sets the clock that it was made of where that can be set, to the same line", () => {
    const source = new FakeClock();
    let line: number[] = [];
    const clock = new DisciplinedClock(
      Object.assign(source, {
        setWall(...set: number[]) {
          line = set;
        },
      }),
    );
    const set = (now: number): number => {
      const [base, slew, from, rate] = line as [number, number, number, number];
      const most = (now - from) * rate;
      return base + now + Math.max(-most, Math.min(most, slew));
    };
    source.now = 500;
    clock.adjust(-5000, source.now);
    expect(set(500)).toBe(clock.wall());
    source.now = 1000;
    clock.adjust(100, source.now);
    for (source.now = 1000; source.now < 400_000; source.now += 7777) {
      expect(set(source.now)).toBeCloseTo(clock.wall(), 3);
    }
    expect(line.slice(1)).toEqual([100, 1000, SLEW_RATE]);
  });
  it("keeps what it has slewed so far when it is adjusted again", () => {
    const source = new FakeClock();
    const clock = new DisciplinedClock(source);
    clock.adjust(STEP_THRESHOLD, 0);
    source.now = 10_000;
    expect(clock.wall() - source.wall()).toBeCloseTo(5, 3);
    clock.adjust(1, source.now);
    source.now = 100_000;
    expect(clock.wall() - source.wall()).toBeCloseTo(6, 3);
  });
});

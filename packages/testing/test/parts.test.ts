import type { NetDevice, Pollable } from "@soloist/interface";
import { describe, expect, it } from "vitest";
import {
  byteHelpers,
  FakeClock,
  type FaultOptions,
  FaultPlan,
  faulty,
  pattern,
  QueueDevice,
  Simulation,
  seededRng,
} from "../src/index.ts";

describe("byte helpers", () => {
  it("checksum gives RFC 1071's own example", () => {
    const bytes = new Uint8Array([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
    expect(byteHelpers.checksum(bytes, 0, 8, 0)).toBe(0xddf2);
    expect(byteHelpers.checksum(bytes, 1, 3, 0)).toBe(((0x01f2 + 0x0300) & 0xffff) >>> 0);
    expect(byteHelpers.checksum(bytes, 4, 4, byteHelpers.checksum(bytes, 0, 4, 0))).toBe(0xddf2);
  });
  it("ranges outside a view throw", () => {
    const bytes = new Uint8Array(4);
    expect(() => byteHelpers.checksum(bytes, 2, 3, 0)).toThrow(RangeError);
    expect(() => byteHelpers.copy(bytes, 0, bytes, 3, 2)).toThrow(RangeError);
    expect(() => byteHelpers.findByte(bytes, 0, -1, 2)).toThrow(RangeError);
    expect(() => byteHelpers.latin1Decode(bytes, 4, 1)).toThrow(RangeError);
  });
  it("utf8Encode says -1 when it does not fit", () => {
    const into = new Uint8Array(4);
    expect(byteHelpers.utf8Encode("€", into, 1)).toBe(3);
    expect(byteHelpers.utf8Encode("€", into, 2)).toBe(-1);
    expect(byteHelpers.utf8Decode(into, 1, 3)).toBe("€");
  });
});

describe("faults", () => {
  it("are the same for the same seed, and near their rates", () => {
    const fates = (seed: number) => {
      const plan = new FaultPlan(seed, { loss: 0.1, duplicate: 0.2, corrupt: 0.05 });
      return Array.from({ length: 5000 }, () => plan.apply(pattern(60)));
    };
    const first = fates(3);
    expect(fates(3)).toEqual(first);
    expect(fates(4)).not.toEqual(first);
    const lost = first.filter((frames) => frames.length === 0).length;
    const changed = first.filter(([frame]) => frame !== undefined && Buffer.compare(frame, pattern(60)) !== 0).length;
    expect(lost).toBeGreaterThan(400);
    expect(lost).toBeLessThan(600);
    expect(changed).toBeGreaterThan(150);
    expect(changed).toBeLessThan(350);
  });
  it("a wrapped device loses, and hands out every frame that it held back", () => {
    const device = new QueueDevice();
    const bad = faulty(device, 1, { reorder: 0.3 });
    for (let index = 0; index < 100; index++) device.deliver(new Uint8Array(60).fill(index));
    const seen: number[] = [];
    while (bad.read() > 0) seen.push(bad.rxBuffer[bad.rxOffset]!);
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(seen).not.toEqual(seen.toSorted((a, b) => a - b));
  });

  describe("a wrapped device with a slow line", () => {
    /** When each frame of 100 bytes arrives, of those that are sent at the given times; milliseconds. */
    const arrivals = (options: FaultOptions, sent: readonly number[], until = 1000) => {
      const clock = new FakeClock();
      const device = new QueueDevice();
      const line = faulty(device, 1, { ...options, clock });
      const seen: [number, number][] = [];
      for (; clock.now <= until; clock.now++) {
        sent.forEach((at, index) => {
          if (at === clock.now) device.deliver(new Uint8Array(100).fill(index));
        });
        while (line.read() > 0) seen.push([line.rxBuffer[0]!, clock.now]);
        expect(line.poll(clock.now)).toBeGreaterThan(clock.now);
      }
      return seen;
    };

    it("hands frames out later by the delay", () => {
      expect(arrivals({ delay: 20 }, [0, 5, 5, 90])).toEqual([
        [0, 20],
        [1, 25],
        [2, 25],
        [3, 110],
      ]);
    });
    it("hands out no more bytes a second than the rate, and loses what its queue has no place for", () => {
      const burst = [0, 0, 0, 0, 0, 0, 0, 0];
      expect(arrivals({ rate: 10_000, delay: 5 }, burst).map(([, at]) => at)).toEqual([15, 25, 35, 45, 55, 65, 75, 85]);
      expect(arrivals({ rate: 10_000, queue: 3 }, burst).map(([index]) => index)).toEqual([0, 1, 2, 3]);
    });
    it("says when the next frame is due: whoever drives it sleeps until then", async () => {
      const simulation = new Simulation({ delay: 1 });
      const times: number[] = [];
      const listening = simulation.addHost({
        wrap: (device) => faulty(device, 1, { delay: 30, clock: simulation.clock }),
      });
      const line = listening.netDevice("service") as NetDevice & Pollable;
      const done = new Promise<void>((resolve) => {
        listening.drive({
          poll(now) {
            while (line.read() > 0) times.push(now);
            if (times.length === 2) resolve();
            return Number.POSITIVE_INFINITY;
          },
        });
      });
      listening.drive(line);
      const device = simulation.addHost().netDevice("service");
      for (let count = 0; count < 2; count++) {
        device.reserve();
        device.send(60);
      }
      await simulation.run(done, 1000);
      expect(times).toEqual([31, 31]);
    });
  });
});

describe("simulation", () => {
  /** Two machines that throw a ball; resolves when it was thrown `throws` times. */
  function match(seed: number, throws: number) {
    const simulation = new Simulation({ seed, delay: 3, jitter: 2 });
    const arrivals: number[] = [];
    const done = new Promise<number[]>((resolve) => {
      for (let player = 0; player < 2; player++) {
        const host = simulation.addHost();
        const device = host.netDevice("service");
        let serve = player === 0;
        const wakeup = host.drive({
          poll(now) {
            for (let length = device.read(); length > 0 || serve; length = device.read()) {
              arrivals.push(now);
              serve = false;
              if (arrivals.length === throws) resolve(arrivals);
              device.reserve();
              device.send(60);
            }
            return Number.POSITIVE_INFINITY;
          },
        });
        wakeup.wake();
      }
    });
    return simulation.run(done, 10_000);
  }

  it("runs in virtual time, the same way for the same seed", async () => {
    const first = await match(5, 100);
    expect(await match(5, 100)).toEqual(first);
    expect(await match(6, 100)).not.toEqual(first);
    expect(first.at(-1)!).toBeGreaterThan(99 * 3);
    expect(first.at(-1)!).toBeLessThan(99 * 5);
  });
  it("a dead-lock and an overrun are errors", async () => {
    await expect(new Simulation().run(new Promise(() => {}))).rejects.toThrow("dead-lock");
    await expect(match(1, 1e9)).rejects.toThrow("not done after 10000 ms");
  });
  it("seeded numbers are evenly spread", () => {
    const rng = seededRng(9);
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index++) counts[rng.below(10)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

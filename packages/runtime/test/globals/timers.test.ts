import { describe, expect, test } from "vitest";
import { inMain } from "../machine.ts";

describe("setTimeout", () => {
  test("fires once, after its delay, with its arguments", async () => {
    const seen = await inMain(async ({ sleep }, { timers, fake }) => {
      const seen: unknown[] = [];
      timers.setTimeout((...args) => void seen.push(fake.time, ...args), 10, "a", 2);
      await sleep(100);
      return seen;
    });
    expect(seen).toEqual([10, "a", 2]);
  });

  test.each([-5, Number.NaN, Infinity, undefined])("a delay of %s is 0", async (delay) => {
    const time = await inMain(async (_, { timers, fake }) => {
      await new Promise<void>((resolve) => timers.setTimeout(resolve, delay));
      return fake.time;
    });
    expect(time).toBe(0);
  });

  test("ids are positive integers, each its own", async () => {
    const ids = await inMain((_, { timers }) => [timers.setTimeout(() => {}), timers.setInterval(() => {}, 1)]);
    expect(ids.every((id) => Number.isInteger(id) && id > 0)).toBe(true);
    expect(new Set(ids).size).toBe(2);
  });

  test("what is no function is refused", async () => {
    await expect(inMain((_, { timers }) => timers.setTimeout("code" as never))).rejects.toThrow(TypeError);
  });
});

describe("clearing", () => {
  test("a timer, from outside or from another callback", async () => {
    const seen = await inMain(async ({ sleep }, { timers }) => {
      const seen: string[] = [];
      timers.clearTimeout(timers.setTimeout(() => void seen.push("cleared"), 1));
      const victim = timers.setTimeout(() => void seen.push("victim"), 2);
      timers.setTimeout(() => timers.clearTimeout(victim), 2);
      const second = timers.setTimeout(() => void seen.push("second"), 3);
      timers.setTimeout(() => timers.clearTimeout(second), 2);
      timers.clearTimeout(undefined);
      timers.clearTimeout(12345);
      await sleep(10);
      return seen;
    });
    expect(seen).toEqual(["victim"]);
  });

  test("an interval from its own callback", async () => {
    const times = await inMain(async ({ sleep }, { timers, fake }) => {
      const times: number[] = [];
      const id = timers.setInterval(() => {
        times.push(fake.time);
        if (times.length === 3) timers.clearInterval(id);
      }, 10);
      await sleep(100);
      return times;
    });
    expect(times).toEqual([10, 20, 30]);
  });
});

test("an interval of 0 waits a millisecond", async () => {
  const time = await inMain(async (_, { timers, fake }) => {
    await new Promise<void>((resolve) => {
      let count = 0;
      const id = timers.setInterval(() => {
        if (++count === 3) resolve(timers.clearInterval(id));
      }, 0);
    });
    return fake.time;
  });
  expect(time).toBe(2);
});

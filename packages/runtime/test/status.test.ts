import { expect, test } from "vitest";
import { inMain } from "./machine.ts";

const read = (metrics: readonly { name: string; value: number }[]) =>
  Object.fromEntries(metrics.map(({ name, value }) => [name, value]));

test("machineStatus: uptime, tasks, timers and memory", async () => {
  const shown = await inMain(async ({ machineStatus, scope, sleep }, { fake }) => {
    const source = machineStatus();
    return await scope(async (s) => {
      const tasks = [s.spawn(() => sleep(50)), s.spawn(() => sleep(50))];
      await sleep(20);
      fake.time = 25;
      const during = read(source.metrics());
      for (const task of tasks) await task;
      return { during, after: read(source.metrics()) };
    });
  });
  expect(shown.during).toMatchObject({
    soloist_uptime_seconds: 0.025,
    soloist_boot_time_seconds: 1_700_000_000,
    soloist_tasks: 2,
    soloist_timers: 2,
    soloist_memory_taken_bytes: 2_000_000,
    soloist_memory_limit_bytes: 64_000_000,
    soloist_heap_bytes: 300_000,
    soloist_gc_threshold_bytes: 450_000,
    soloist_gc_total: 3,
  });
  expect(shown.after).toMatchObject({ soloist_tasks: 0, soloist_timers: 0 });
});

test("machineStatus: work that keeps the loop from its next turn counts as delay", async () => {
  const shown = await inMain(async ({ machineStatus, sleep }, { fake }) => {
    const source = machineStatus();
    await sleep(10);
    // A job of 40 ms: the next turn was due at once.
    fake.time += 40;
    await sleep(1);
    return read(source.metrics());
  });
  expect(shown.soloist_loop_delay_longest_seconds).toBeCloseTo(0.04);
  expect(shown.soloist_loop_delay_seconds_total).toBeCloseTo(0.04);
  expect(shown.soloist_loop_delays_total).toBe(1);
});

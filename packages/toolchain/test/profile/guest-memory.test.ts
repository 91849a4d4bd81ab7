import { expect, it } from "vitest";
import { processorTime } from "../../src/profile/guest-memory.ts";

it("a process's time is told apart by who used it, and that of one that is gone is unknown", () => {
  const before = processorTime(process.pid)!;
  const { user } = process.cpuUsage();
  while (process.cpuUsage().user - user < 50_000);
  expect(processorTime(process.pid)!.user).toBeGreaterThan(before.user);
  expect(processorTime(0x7fffffff)).toBeUndefined();
});

import { describe, expect, it } from "vitest";
import { ReadyQueue } from "../../src/tcp/ready-queue.ts";

describe("who is woken by a poll", () => {
  it("is called in the order of waking, in one job behind the poll", async () => {
    const queue = new ReadyQueue();
    const calls: string[] = [];
    for (const name of ["a", "b", "c"]) queue.push({ wake: () => void calls.push(name) });
    expect(calls).toEqual([]);
    await Promise.resolve();
    expect(calls).toEqual(["a", "b", "c"]);
  });

  it("and woken again while it is called, is called once more, in a job of its own", async () => {
    const queue = new ReadyQueue();
    const calls: string[] = [];
    const other = { wake: () => void calls.push("other") };
    queue.push({
      wake: () => {
        calls.push("first");
        queue.push(other);
      },
    });
    queue.push(other);
    await Promise.resolve();
    expect(calls).toEqual(["first", "other"]);
    await Promise.resolve();
    expect(calls).toEqual(["first", "other", "other"]);
    await Promise.resolve();
    expect(calls.length).toBe(3);
  });
});

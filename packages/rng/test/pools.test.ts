import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MIN_POOL_SIZE, POOLS, Pools } from "../src/pools.ts";

function fillAll(pools: Pools, bytes: number): void {
  for (let count = 0; count < (bytes / 4) * POOLS; count++) pools.add(new Uint8Array([count, count >> 8, 1, 2]));
}

test("pool 0 is ready when it holds 64 bytes", () => {
  const pools = new Pools();
  fillAll(pools, MIN_POOL_SIZE - 4);
  expect(pools.isReady()).toBe(false);
  pools.add(new Uint8Array(4));
  expect(pools.isReady()).toBe(true);
});

describe("take", () => {
  test("pool i is emptied at every 2^i-th reseed", () => {
    const pools = new Pools();
    const counts = Array.from({ length: 16 }, () => {
      fillAll(pools, 4);
      return pools.take().length / 32;
    });
    expect(counts).toEqual([1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1, 2, 1, 5]);
  });

  test("a pool's digest is SHA-256 of its events behind 32 zeros", () => {
    const pools = new Pools();
    fillAll(pools, 8);
    const event = (count: number) => [count & 0xff, count >> 8, 1, 2];
    const expected = createHash("sha256")
      .update(Buffer.from([...new Uint8Array(32), ...event(0), ...event(POOLS)]))
      .digest();
    expect(Buffer.from(pools.take())).toEqual(expected);
  });

  test("events beyond a buffer are folded in, not lost", () => {
    const digests = [33, 34].map((events) => {
      const pools = new Pools();
      fillAll(pools, events * 4);
      return Buffer.from(pools.take()).toString("hex");
    });
    expect(digests[0]).not.toBe(digests[1]);
  });

  test("an emptied pool keeps nothing of what was in it", () => {
    const pools = new Pools();
    fillAll(pools, 64);
    pools.take();
    const empty = createHash("sha256").update(Buffer.alloc(32)).digest();
    pools.take();
    expect(Buffer.from(pools.take().subarray(0, 32))).toEqual(empty);
  });
});

import { describe, expect, it } from "vitest";
import { MAX_PATHS, MIN_PATH_MTU, PATH_MTU_TIMEOUT, PathMtuCache } from "../../src/ipv4/path-mtu.ts";

describe("path MTU cache", () => {
  it("is the link's until a router says less, and again ten minutes later", () => {
    const cache = new PathMtuCache();
    expect(cache.get(1, 1500, 0)).toBe(1500);
    expect(cache.reduce(1, 1400, 1500, 1500, 0)).toBe(1400);
    expect(cache.get(1, 1500, PATH_MTU_TIMEOUT - 1)).toBe(1400);
    expect(cache.get(2, 1500, 0)).toBe(1500);
    expect(cache.get(1, 1500, PATH_MTU_TIMEOUT)).toBe(1500);
    expect(cache.size).toBe(0);
  });
  it("never rises by a message, and never falls below its floor", () => {
    const cache = new PathMtuCache();
    cache.reduce(1, 1000, 1500, 1500, 0);
    expect(cache.reduce(1, 1200, 1500, 1500, 1)).toBeUndefined();
    expect(cache.reduce(1, 1000, 1500, 1500, 1)).toBeUndefined();
    expect(cache.get(1, 1500, PATH_MTU_TIMEOUT)).toBe(1500);
    expect(cache.reduce(1, 1, 1500, 1500, 2)).toBe(MIN_PATH_MTU);
    expect(cache.reduce(1, 1, 1500, 1500, 2)).toBeUndefined();
  });
  it("steps down the plateaus when routers do not say", () => {
    const cache = new PathMtuCache();
    expect(cache.reduce(1, 0, 1500, 1500, 0)).toBe(1492);
    expect(cache.reduce(1, 0, 1492, 1500, 0)).toBe(1006);
    expect(cache.reduce(1, 0, 1006, 1500, 0)).toBe(MIN_PATH_MTU);
  });
  it("holds a bounded number, the newest", () => {
    const cache = new PathMtuCache();
    for (let index = 0; index < 3 * MAX_PATHS; index++) cache.reduce(index, 1000, 1500, 1500, 0);
    expect(cache.size).toBe(MAX_PATHS);
    expect(cache.get(3 * MAX_PATHS - 1, 1500, 0)).toBe(1000);
  });
});

import { describe, expect, it } from "vitest";
import { DnsCache, MAX_NEGATIVE_TTL, MAX_SET, MAX_SET_BYTES, MAX_TTL } from "../../src/dns/cache.ts";
import { a } from "./network.ts";

describe("DNS cache", () => {
  it("makes room by forgetting what was not used for longest", () => {
    const cache = new DnsCache(3);
    for (const name of ["a", "b", "c"]) cache.put(name, 1, [a(name, 1)], 0);
    cache.get("a", 1, 0);
    cache.put("d", 1, [a("d", 1)], 0);
    expect(["a", "b", "c", "d"].map((name) => cache.get(name, 1, 0) !== undefined)).toEqual([true, false, true, true]);
    expect(cache.size).toBe(3);
  });
  it("bounds TTLs", () => {
    const cache = new DnsCache();
    cache.put("a", 1, [a("a", 1, 0x7fffffff)], 0);
    expect(cache.get("a", 1, 0)).toMatchObject({ expiresAt: MAX_TTL * 1000 });
    cache.putAbsence("b", 1, "ENODATA", 0x7fffffff, 0);
    expect(cache.get("b", 1, 0)).toMatchObject({ expiresAt: MAX_NEGATIVE_TTL * 1000, absence: "ENODATA" });
  });
  it("keeps whole sets, and none that is large", () => {
    const cache = new DnsCache();
    const set = (size: number) => Array.from({ length: size }, (_, index) => a("a", index));
    cache.put("a", 1, set(MAX_SET), 0);
    expect(cache.get("a", 1, 0)!.records).toHaveLength(MAX_SET);
    cache.put("a", 1, set(MAX_SET + 1), 0);
    expect(cache.get("a", 1, 0)).toBeUndefined();
    const text = (length: number) => ({
      name: "a",
      class: 1,
      ttl: 60,
      type: "TXT" as const,
      texts: [new Uint8Array(length)],
    });
    cache.put("a", 16, [text(MAX_SET_BYTES)], 0);
    cache.put("b", 16, [text(MAX_SET_BYTES + 1)], 0);
    expect([cache.get("a", 16, 0), cache.get("b", 16, 0)]).toMatchObject([{ absence: undefined }, undefined]);
  });
  it("forgets that a name does not exist when it has records", () => {
    const cache = new DnsCache();
    cache.putAbsence("a", 28, "ENOTFOUND", 60, 0);
    expect(cache.get("A", 1, 0)).toMatchObject({ absence: "ENOTFOUND" });
    cache.put("a", 1, [a("a", 1)], 0);
    expect(cache.get("a", 1, 0)).toMatchObject({ absence: undefined });
    expect(cache.get("a", 28, 0)).toBeUndefined();
  });
});

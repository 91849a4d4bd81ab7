import { describe, expect, it } from "vitest";
import { DnsCache, MAX_NEGATIVE_TTL, MAX_SET, MAX_TTL } from "../../src/dns/cache.ts";
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
  it("bounds TTLs and the size of a set", () => {
    const cache = new DnsCache();
    const many = Array.from({ length: MAX_SET + 5 }, (_, index) => a("a", index, 0x7fffffff));
    cache.put("a", 1, many, 0);
    expect(cache.get("a", 1, 0)).toMatchObject({ expiresAt: MAX_TTL * 1000 });
    expect(cache.get("a", 1, 0)!.records).toHaveLength(MAX_SET);
    cache.putAbsence("b", 1, "ENODATA", 0x7fffffff, 0);
    expect(cache.get("b", 1, 0)).toMatchObject({ expiresAt: MAX_NEGATIVE_TTL * 1000, absence: "ENODATA" });
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

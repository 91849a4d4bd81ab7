import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_ROUTES, type Route, RouteTable } from "../../src/ipv4/routes.ts";
import { prefixMask } from "../../src/wire/ipv4-address.ts";

describe("route table", () => {
  it("finds the longest prefix that matches, the earlier of two alike, whatever the order", () => {
    const route = fc.record({
      destination: fc.integer({ min: 0, max: 15 }).map((bits) => bits << 28),
      prefix: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(route, { maxLength: 12 }), fc.integer(), (list, destination) => {
        const table = new RouteTable();
        const routes: Route[] = list.map((each, index) => ({ ...each, gateway: index + 1, source: 0 }));
        for (const each of routes) table.add(each);
        const matching = routes.filter(
          (each) => (each.destination & prefixMask(each.prefix)) === (destination & prefixMask(each.prefix)),
        );
        const best = matching.reduce<Route | undefined>(
          (found, each) => (found === undefined || each.prefix > found.prefix ? each : found),
          undefined,
        );
        expect(table.lookup(destination)).toBe(best);
      }),
    );
  });
  it("is bounded", () => {
    const table = new RouteTable();
    const route = { destination: 0, prefix: 32, gateway: 1, source: 0 };
    for (let index = 0; index < MAX_ROUTES; index++) expect(table.add(route)).toBe(true);
    expect(table.add(route)).toBe(false);
  });
});

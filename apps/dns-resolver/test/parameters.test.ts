import { describe, expect, it } from "vitest";
import { addresses, endpoints, names, networks } from "../src/parameters.ts";

describe("the command line", () => {
  it("names upstreams, with ports", () => {
    expect(endpoints("10.0.0.1,10.0.0.2:5353,2001:db8::1,[2001:db8::2]:54")).toEqual([
      { address: "10.0.0.1", port: 53 },
      { address: "10.0.0.2", port: 5353 },
      { address: "2001:db8::1", port: 53 },
      { address: "2001:db8::2", port: 54 },
    ]);
  });

  it.each(["", "dns.example", "10.0.0.1:0", "10.0.0.1:99999", "10.0.0.1,", "[::1"])("has no upstream %j", (text) =>
    expect(() => endpoints(text)).toThrow(RangeError),
  );

  it("names networks, addresses and names", () => {
    expect(networks("203.0.113.0/24")).toMatchObject([{ prefix: 24 }]);
    expect(addresses("10.0.0.1,::1")).toEqual(["10.0.0.1", "::1"]);
    expect(names("Good.Example.,b.test")).toEqual(["good.example", "b.test"]);
    expect(() => networks("10.0.0.1")).toThrow(RangeError);
    expect(() => addresses("x")).toThrow(RangeError);
    expect(() => names("a b")).toThrow(RangeError);
  });
});

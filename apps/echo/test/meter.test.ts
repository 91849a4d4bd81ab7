import { describe, expect, it } from "vitest";
import { bytes, Meter } from "../src/meter.ts";
import { peer } from "../src/peer.ts";

describe("a meter", () => {
  it("says what went through since it was last asked, and in all", () => {
    const meter = new Meter(500);
    meter.total.bytesIn += 84_100_000;
    meter.total.bytesOut += 1_000;
    expect(meter.line(1500)).toBe("   1 s    84.1 MB/s in    1.0 KB/s out");
    meter.total.bytesIn += 2_000_000_000;
    expect(meter.line(3500)).toBe("   3 s    1.00 GB/s in       0 B/s out");
    expect(meter.summary(4500)).toBe(" total   521.0 MB/s in     250 B/s out  2.08 GB in, 1.0 KB out");
  });

  it("says nothing when nothing happened", () => {
    const meter = new Meter(0);
    expect(meter.line(1000)).toBeUndefined();
    meter.total.lost++;
    expect(meter.line(2000)).toMatch(/0 datagrams, 1 lost {2}no round trip$/);
  });

  it("gives the mean of the round trips", () => {
    const meter = new Meter(0);
    Object.assign(meter.total, { bytesIn: 10, bytesOut: 10, datagrams: 4, waited: 2 });
    expect(meter.line(1000)).toMatch(/4 datagrams, 0 lost {2}round trip 0\.500 ms$/);
  });

  it("counts in decimal units", () => {
    expect([0, 999, 1000, 999_999, 1_500_000, 2e9].map(bytes)).toEqual([
      "0 B",
      "999 B",
      "1.0 KB",
      "1000.0 KB",
      "1.5 MB",
      "2.00 GB",
    ]);
  });
});

describe("a peer", () => {
  it.each([
    ["10.0.0.2:7", "10.0.0.2", 7],
    ["echo.example.org:4000", "echo.example.org", 4000],
    ["[2001:db8::2]:9", "2001:db8::2", 9],
    ["[::1]", "::1", 7],
    ["10.0.0.2", "10.0.0.2", 7],
  ])("%s", (text, host, port) => expect(peer(text)).toEqual({ host, port }));

  it.each(["", ":7", "1:2:3", "a:0", "a:65536", "a:b", "[::1", "fd00::1"])("is not %j", (text) => {
    expect(() => peer(text)).toThrow(RangeError);
  });
});

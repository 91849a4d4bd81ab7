import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AddressTable,
  ALL_NODES,
  ANY_IPV4,
  isIpv6,
  isIpv6Multicast,
  isLinkLocal,
  LOOPBACK,
  MAX_ADDRESSES,
  MAX_LOOSE,
  UNSPECIFIED,
} from "../../src/ipv6/addresses.ts";

const create = () => new AddressTable(() => 0x1234567, "service");
/** The address 2001:db8::NUMBER. */
const numbered = (number: number) => {
  const bytes = new Uint8Array(16);
  bytes.set([0x20, 1, 0x0d, 0xb8]);
  new DataView(bytes.buffer).setUint32(12, number);
  return bytes;
};

describe("addresses as numbers", () => {
  it("an address has one number, beyond all of IPv4, that tells its kind", () => {
    const table = create();
    const global = table.parse("2001:db8::1")!;
    expect(table.parse("2001:DB8:0::1")).toBe(global);
    expect(isIpv6(global)).toBe(true);
    expect(isIpv6(-1)).toBe(false);
    expect(isIpv6(ANY_IPV4)).toBe(false);
    expect(isLinkLocal(global)).toBe(false);
    expect(isLinkLocal(table.parse("febf::1")!)).toBe(true);
    expect(isLinkLocal(table.parse("ff02::5")!)).toBe(false);
    expect(isIpv6Multicast(table.parse("ff0e::5")!)).toBe(true);
    expect(table.parse("::")).toBe(UNSPECIFIED);
    expect(table.parse("::1")).toBe(LOOPBACK);
    expect(table.parse("ff02::1")).toBe(ALL_NODES);
  });
  it("IPv4 is itself, mapped addresses among it", () => {
    const table = create();
    expect(table.parse("10.0.0.1")).toBe(0x0a000001);
    expect(table.parse("::ffff:10.0.0.1")).toBe(0x0a000001);
    expect(table.parse("::ffff:c0a8:1")).toBe(0xc0a80001 | 0);
    expect(table.format(0x0a000001)).toBe("10.0.0.1");
    expect(table.identity(0x0a000001)).toBe(0x0a000001);
  });
  it("a zone is the device's, of link-local addresses only, and may be left out", () => {
    const table = create();
    const address = table.parse("fe80::1%service")!;
    expect(table.parse("fe80::1")).toBe(address);
    expect(table.format(address)).toBe("fe80::1%service");
    expect(table.parse("ff02::2%service")).toBe(table.parse("ff02::2"));
    expect(table.parse("fe80::1%eth0")).toBe(undefined);
    expect(table.parse("fe80::1%")).toBe(undefined);
    expect(table.parse("2001:db8::1%service")).toBe(undefined);
    expect(table.parse("1.2.3.4%service")).toBe(undefined);
    expect(table.parse("hello")).toBe(undefined);
  });
  it("what is held stays; what is not goes when others came, and comes back the same to hashes", () => {
    const table = create();
    const held = table.intern(numbered(1), 0);
    table.retain(held);
    const loose = table.intern(numbered(2), 0);
    const identity = table.identity(loose);
    const { size } = table;
    for (let number = 3; number < 3 + 2 * MAX_LOOSE; number++) {
      table.epoch++;
      table.intern(numbered(number), 0);
    }
    expect(table.size).toBeLessThanOrEqual(size + MAX_LOOSE);
    expect(table.intern(numbered(1), 0)).toBe(held);
    expect(table.format(held)).toBe("2001:db8::1");
    expect(table.identity(table.intern(numbered(2), 0))).toBe(identity);
    table.release(held);
    for (let number = 1000; number < 1000 + 2 * MAX_LOOSE; number++) {
      table.epoch++;
      table.intern(numbered(number), 0);
    }
    expect(table.size).toBeLessThanOrEqual(MAX_LOOSE + 8);
  });
  it("what came with one packet stays while it is looked at, however old", () => {
    const table = create();
    const first = table.intern(numbered(1), 0);
    for (let number = 2; number < 2 * MAX_LOOSE; number++) table.intern(numbered(number), 0);
    expect(table.format(first)).toBe("2001:db8::1");
  });
  it("is full at its limit, and takes more once something was released", () => {
    const table = create();
    let last = 0;
    for (let number = 0; number < MAX_ADDRESSES; number++) {
      const address = table.intern(numbered(number), 0);
      if (address === 0) break;
      table.retain(address);
      last = address;
    }
    expect(table.size).toBe(MAX_ADDRESSES);
    expect(table.intern(numbered(0xffffff), 0)).toBe(0);
    expect(() => table.parse("2001:db8:1::1")).toThrow(/too many/);
    table.release(last);
    table.epoch++;
    expect(table.format(table.intern(numbered(0xffffff), 0))).toBe("2001:db8::ff:ffff");
    expect(table.size).toBe(MAX_ADDRESSES);
  });
  it("any order of interning, holding and releasing agrees with a plain map", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 2 })), { maxLength: 2000 }),
        (steps) => {
          const table = create();
          const held = new Map<number, { count: number; address: number }>();
          for (const [number, action] of steps) {
            table.epoch++;
            const address = table.intern(numbered(number), 0);
            const known = held.get(number);
            if (known !== undefined) expect(address).toBe(known.address);
            if (action === 1) {
              table.retain(address);
              held.set(number, { count: (known?.count ?? 0) + 1, address });
            } else if (action === 2 && known !== undefined) {
              table.release(address);
              if (known.count === 1) held.delete(number);
              else held.set(number, { count: known.count - 1, address });
            }
            expect(table.format(address)).toBe(`2001:db8::${number === 0 ? "" : number.toString(16)}`);
          }
          expect(table.size).toBeLessThanOrEqual(held.size + MAX_LOOSE + 6);
        },
      ),
      { numRuns: 100 },
    );
  });
  it("common prefixes are counted in bits", () => {
    const table = create();
    const a = table.parse("2001:db8::1")!;
    expect(table.commonPrefix(a, a)).toBe(128);
    expect(table.commonPrefix(a, table.parse("2001:db8::")!)).toBe(127);
    expect(table.commonPrefix(a, table.parse("2001:db9::1")!)).toBe(31);
    expect(table.commonPrefix(a, table.parse("fe80::1")!)).toBe(0);
    expect(table.format(table.solicitedNode(table.parse("2001:db8::12:3456")!))).toBe("ff02::1:ff12:3456");
  });
});

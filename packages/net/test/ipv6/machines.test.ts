import { describe, expect, it } from "vitest";
import { Dhcpv6Client } from "../../src/dhcpv6/client.ts";
import { AddressTable } from "../../src/ipv6/addresses.ts";
import { InterfaceIdentifiers } from "../../src/ipv6/identifiers.ts";
import { MAX_GROUPS, MulticastListener } from "../../src/ipv6/listener.ts";
import {
  DUPLICATE_PROBES,
  IDENTIFIER_RETRIES,
  MAX_DESYNC,
  MAX_OWN_ADDRESSES,
  OwnAddresses,
  TEMPORARY_PREFERRED,
  TEMPORARY_RETRIES,
  TEMPORARY_VALID,
} from "../../src/ipv6/own-addresses.ts";
import { isNative, selectSource, sortDestinations } from "../../src/ipv6/policy.ts";
import { Ipv6Routes, MAX_ROUTERS } from "../../src/ipv6/routes.ts";
import { MAX_SOLICITATIONS, RouterSolicitation } from "../../src/ipv6/solicitation.ts";
import { parseIpv6 } from "../../src/wire/ipv6-address.ts";

const HOUR = 3_600_000;
const MAC = new Uint8Array([2, 0, 0, 0, 0, 1]);
const create = () => new AddressTable(() => 99, "service");
const bytes = (text: string) => parseIpv6(text)!;

describe("interface identifiers (RFC 7217)", () => {
  const identifier = (seed: number, prefix: string, attempt = 0, mac = MAC) => {
    let count = seed;
    const into = new Uint8Array(8);
    new InterfaceIdentifiers(() => count++ * 0x9e3779b1, mac).write(bytes(prefix), 0, attempt, into, 0);
    return Buffer.from(into).toString("hex");
  };
  it("are the same for the same prefix and secret, and differ with any of them", () => {
    const one = identifier(1, "2001:db8::");
    expect(identifier(1, "2001:db8::")).toBe(one);
    const others = [
      identifier(2, "2001:db8::"),
      identifier(1, "2001:db8:0:1::"),
      identifier(1, "2001:db8::", 1),
      identifier(1, "2001:db8::", 0, new Uint8Array([2, 0, 0, 0, 0, 2])),
    ];
    expect(new Set([one, ...others]).size).toBe(5);
  });
  it("are the same at the next boot with the secret that was given", () => {
    const made = (seed: number, secret: Uint8Array) => {
      let count = seed;
      const into = new Uint8Array(8);
      new InterfaceIdentifiers(() => count++ * 0x9e3779b1, MAC, secret).write(bytes("2001:db8::"), 0, 0, into, 0);
      return Buffer.from(into).toString("hex");
    };
    const secret = new Uint8Array(16).fill(7);
    expect(made(1, secret)).toBe(made(2, secret));
    for (let index = 0; index < 16; index++) expect(made(1, secret.with(index, 8))).not.toBe(made(1, secret));
  });
  it("of temporary addresses are random, and none that is reserved (RFC 5453)", () => {
    const words = [0, 0, 0x02005eff, 0xfe000001, 0xfdffffff, 0xffffff80, 1, 2];
    let next = 0;
    const into = new Uint8Array(8);
    new InterfaceIdentifiers(() => (next < 4 ? next++ : words[next++ - 4]!), MAC).draw(into, 0);
    expect([...into]).toEqual([0, 0, 0, 1, 0, 0, 0, 2]);
  });
});

describe("our addresses (RFC 4862)", () => {
  function own() {
    const table = create();
    const log: string[] = [];
    const identifiers = new InterfaceIdentifiers(() => 5, MAC);
    const machine = new OwnAddresses(table, identifiers, {
      onAdded: () => void log.push("added"),
      onRemoved: () => void log.push("removed"),
      onAssigned: () => void log.push("assigned"),
    });
    const probes: string[] = [];
    const dispatch = (now: number) => machine.dispatch(now, (address) => void probes.push(table.format(address)));
    /** Takes every step that is due until then. */
    const pass = (until: number) => {
      for (let at = machine.pollAt(); at <= until; at = machine.pollAt()) dispatch(at);
    };
    return { table, machine, log, probes, dispatch, pass };
  }
  it("are probed for again and again, and used a second after the first probe", () => {
    const { machine, probes, dispatch, pass, table, log } = own();
    machine.addManual(table.parse("2001:db8::5")!, 64, 0);
    dispatch(machine.pollAt());
    expect(probes).toEqual(["2001:db8::5"]);
    pass(999);
    expect(probes).toEqual(Array(DUPLICATE_PROBES).fill("2001:db8::5"));
    expect(machine.hasWide).toBe(false);
    expect(machine.pollAt()).toBe(1000);
    dispatch(1000);
    expect(machine.hasWide).toBe(true);
    expect(machine.pollAt()).toBe(Number.POSITIVE_INFINITY);
    expect(log).toEqual(["added", "assigned"]);
  });
  it("whose probes are late are probed for as often all the same", () => {
    const { machine, probes, dispatch, table } = own();
    machine.addManual(table.parse("2001:db8::5")!, 64, 0);
    for (let now = 0; now < DUPLICATE_PROBES * 5000; now += 5000) dispatch(now);
    expect(probes).toHaveLength(DUPLICATE_PROBES);
    expect(machine.hasWide).toBe(false);
  });
  it("that somebody has: one from the command line is not used, others are made anew, three times", () => {
    const { machine, dispatch, table } = own();
    const manual = table.parse("2001:db8::5")!;
    machine.addManual(manual, 64, 0);
    machine.addLinkLocal(0);
    dispatch(0);
    expect(machine.conflict(manual, 10)).toBe(true);
    expect(machine.find(manual)).toBe(undefined);
    const seen = new Set<number>();
    for (let attempt = 0; attempt <= IDENTIFIER_RETRIES; attempt++) {
      const { address } = machine.list[0]!;
      seen.add(address);
      expect(machine.conflict(address, 20)).toBe(true);
    }
    expect(seen.size).toBe(IDENTIFIER_RETRIES + 1);
    expect(machine.list).toEqual([]);
    expect(machine.duplicates).toBe(IDENTIFIER_RETRIES + 2);
  });
  it("in use they are not lost to those who claim them", () => {
    const { machine, pass, table } = own();
    const address = table.parse("2001:db8::5")!;
    machine.addManual(address, 64, 0);
    pass(1000);
    expect(machine.conflict(address, 2000)).toBe(false);
    expect(machine.isAssigned(address)).toBe(true);
  });
  it("from a router's prefix: deprecated and removed in time; prefixes of other lengths are not taken", () => {
    const { machine, dispatch, pass, table } = own();
    const prefix = bytes("2001:db8:0:7::");
    machine.autoconfigure(prefix, 0, 56, HOUR, HOUR, 0);
    machine.autoconfigure(prefix, 0, 64, HOUR, 2 * HOUR, 0);
    machine.autoconfigure(bytes("fe80::"), 0, 64, HOUR, HOUR, 0);
    expect(machine.list).toEqual([]);
    machine.autoconfigure(prefix, 0, 64, 2 * HOUR, HOUR, 0);
    pass(1000);
    const [only] = machine.list;
    expect(table.format(only!.address)).toMatch(/^2001:db8:0:7:/);
    expect(machine.candidates(HOUR - 1)[0]!.deprecated).toBe(false);
    expect(machine.candidates(HOUR)[0]!.deprecated).toBe(true);
    dispatch(2 * HOUR);
    expect(machine.list).toEqual([]);
  });
  it("the two-hour rule: a message cannot end an address at once", () => {
    const { machine } = own();
    const prefix = bytes("2001:db8:0:7::");
    machine.autoconfigure(prefix, 0, 64, 10 * HOUR, HOUR, 0);
    machine.autoconfigure(prefix, 0, 64, 1000, 1000, 0);
    expect(machine.list[0]!.validUntil).toBe(2 * HOUR);
    machine.autoconfigure(prefix, 0, 64, 1000, 0, HOUR);
    expect(machine.list[0]!).toMatchObject({ validUntil: 2 * HOUR, preferredUntil: HOUR });
    machine.autoconfigure(prefix, 0, 64, 3 * HOUR, HOUR, HOUR);
    expect(machine.list[0]!.validUntil).toBe(4 * HOUR);
  });
  it("no router makes us collect more than a few", () => {
    const { machine } = own();
    for (let net = 0; net < 100; net++) machine.autoconfigure(bytes(`2001:db8:0:${net}::`), 0, 64, HOUR, HOUR, 0);
    expect(machine.list.length).toBe(MAX_OWN_ADDRESSES);
  });
});

describe("temporary addresses (RFC 8981)", () => {
  const PREFIX = bytes("2001:db8:0:7::");
  const DAY = 24 * HOUR;
  const REGEN_ADVANCE = 5000;
  function own(fraction = 0.5) {
    const table = create();
    let count = 1;
    const random = () => Math.imul(count++, 0x9e3779b1);
    const hooks = { onAdded: () => {}, onRemoved: () => {}, onAssigned: () => {} };
    const machine = new OwnAddresses(table, new InterfaceIdentifiers(random, MAC), hooks, () => fraction);
    machine.temporary = true;
    const pass = (until: number) => {
      for (let at = machine.pollAt(); at <= until; at = machine.pollAt()) machine.dispatch(at, () => {});
    };
    const temporary = () => machine.list.filter(({ origin }) => origin === "temporary");
    return { table, machine, pass, temporary };
  }
  it("stand beside the stable one of a prefix, are probed for, and are where packets come from", () => {
    const { table, machine, pass, temporary } = own();
    machine.autoconfigure(PREFIX, 0, 64, 30 * DAY, 7 * DAY, 0);
    expect(machine.list.map(({ origin }) => origin)).toEqual(["router", "temporary"]);
    expect(machine.isAssigned(temporary()[0]!.address)).toBe(false);
    pass(10_000);
    const source = selectSource(table, machine.candidates(10_000), table.parse("2001:db8:9::1")!);
    expect(source).toBe(temporary()[0]!.address);
    expect(table.commonPrefix(source, machine.list[0]!.address)).toBeGreaterThanOrEqual(64);
  });
  it("are not made unless they are asked for", () => {
    const { machine, temporary } = own();
    machine.temporary = false;
    machine.autoconfigure(PREFIX, 0, 64, 30 * DAY, 7 * DAY, 0);
    expect(temporary()).toEqual([]);
  });
  it("live for a day less a random time, and are valid for two, however long the prefix lasts", () => {
    const { machine, pass, temporary } = own(0.25);
    for (let now = 0; now < 3 * DAY; now += HOUR) {
      machine.autoconfigure(PREFIX, 0, 64, 30 * DAY, 7 * DAY, now);
      pass(now + HOUR - 1);
      for (const each of temporary()) {
        expect(each.validUntil).toBe(each.validAtMost);
        expect(each.validAtMost - each.preferredAtMost).toBe(TEMPORARY_VALID - TEMPORARY_PREFERRED + 0.25 * MAX_DESYNC);
      }
      expect(temporary().filter(({ preferredUntil }) => preferredUntil > now + HOUR - 1)).not.toEqual([]);
      expect(temporary().length).toBeLessThanOrEqual(3);
    }
  });
  it("are followed by another one in time to probe for it, and then deprecated", () => {
    const { machine, pass, temporary } = own(0);
    machine.autoconfigure(PREFIX, 0, 64, 30 * DAY, 7 * DAY, 0);
    pass(DAY - REGEN_ADVANCE - 1);
    expect(temporary()).toHaveLength(1);
    pass(DAY);
    const [old, next] = temporary();
    expect(next!.tentative).toBe(false);
    const candidates = machine.candidates(DAY);
    expect(candidates.find(({ address }) => address === old!.address)).toMatchObject({ deprecated: true });
    expect(candidates.find(({ address }) => address === next!.address)).toMatchObject({ deprecated: false });
    pass(2 * DAY);
    expect(temporary().includes(old!)).toBe(false);
  });
  it("end with their prefix, and none is made of one that is about to", () => {
    const { machine, pass, temporary } = own();
    machine.autoconfigure(PREFIX, 0, 64, HOUR, REGEN_ADVANCE, 0);
    expect(temporary()).toEqual([]);
    machine.autoconfigure(PREFIX, 0, 64, HOUR, HOUR, 1000);
    expect(temporary()).toHaveLength(1);
    machine.autoconfigure(PREFIX, 0, 64, HOUR, 0, 2000);
    expect(temporary()[0]!.preferredUntil).toBe(2000);
    pass(3 * HOUR);
    expect(machine.list).toEqual([]);
  });
  it("that somebody has are made anew three times, and then no more", () => {
    const { machine, temporary } = own();
    machine.autoconfigure(PREFIX, 0, 64, 30 * DAY, 7 * DAY, 0);
    const seen = new Set<number>();
    for (let attempt = 0; attempt <= TEMPORARY_RETRIES; attempt++) {
      const { address } = temporary()[0]!;
      seen.add(address);
      expect(machine.conflict(address, 10)).toBe(true);
    }
    expect(seen.size).toBe(TEMPORARY_RETRIES + 1);
    machine.autoconfigure(PREFIX, 0, 64, 30 * DAY, 7 * DAY, 1000);
    expect(temporary()).toEqual([]);
  });
  it("of a router that makes us change them all the time are few", () => {
    const { machine, pass } = own();
    for (let now = 0; now < HOUR; now += 1000) {
      machine.autoconfigure(PREFIX, 0, 64, DAY, now % 2000 === 0 ? 6000 : 0, now);
      pass(now);
      expect(machine.list.length).toBeLessThanOrEqual(MAX_OWN_ADDRESSES);
    }
  });
});

describe("routes", () => {
  function routes() {
    const table = create();
    const machine = new Ipv6Routes(table);
    const parse = (text: string) => {
      const address = table.parse(text)!;
      table.retain(address);
      return address;
    };
    return { machine, parse };
  }
  it("the longest prefix decides; then the router most preferred; without any there is no route", () => {
    const { machine, parse } = routes();
    const [r1, r2, r3] = [parse("fe80::1"), parse("fe80::2"), parse("fe80::3")];
    const far = parse("2001:db8:ffff::1");
    expect(machine.nextHop(far)).toBe(0);
    machine.setRouter(r1, 0, 1000, 0);
    machine.setRouter(r2, 1, 1000, 0);
    expect(machine.nextHop(far)).toBe(r2);
    machine.setOnLink(bytes("2001:db8::"), 64, 1000, 0);
    machine.add({ bytes: bytes("2001:db8:ffff::"), prefix: 48, gateway: r3 });
    expect(machine.nextHop(far)).toBe(r3);
    const near = parse("2001:db8::99");
    expect(machine.nextHop(near)).toBe(near);
    expect(machine.isOnLink(near)).toBe(true);
    expect(machine.isOnLink(far)).toBe(false);
    expect(machine.nextHop(parse("fe80::77"))).toBe(parse("fe80::77"));
  });
  it("routers and prefixes end in time, or when they say so; a dead router comes last", () => {
    const { machine, parse } = routes();
    const [r1, r2, far] = [parse("fe80::1"), parse("fe80::2"), parse("2001:db8:ffff::1")];
    machine.setRouter(r1, 0, 1000, 0);
    machine.setRouter(r2, 0, 2000, 0);
    machine.setOnLink(bytes("2001:db8::"), 64, 500, 0);
    expect(machine.pollAt()).toBe(500);
    machine.demote(r1);
    expect(machine.nextHop(far)).toBe(r2);
    machine.expire(1000);
    expect(machine.routers).toEqual([r2]);
    expect(machine.nextHop(parse("2001:db8::9"))).toBe(r2);
    machine.setRouter(r2, 0, 1000, 1000);
    expect(machine.nextHop(far)).toBe(0);
    expect(machine.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("are bounded: a router that is preferred takes the place of one that is not", () => {
    const { machine, parse } = routes();
    for (let number = 1; number <= 20; number++) machine.setRouter(parse(`fe80::${number}`), 0, 1000, 0);
    expect(machine.routers.length).toBe(MAX_ROUTERS);
    const high = parse("fe80::ffff");
    machine.setRouter(high, 1, 1000, 0);
    expect(machine.routers.length).toBe(MAX_ROUTERS);
    expect(machine.routers[0]).toBe(high);
  });
});

describe("which address to speak from (the examples of RFC 6724 10.1)", () => {
  const choose = (destination: string, ...candidates: string[]) => {
    const table = create();
    const parsed = candidates.map((text) => ({ address: table.parse(text)!, deprecated: false }));
    return table.format(selectSource(table, parsed, table.parse(destination)!));
  };
  it("prefers matching scope, not a deprecated address, matching label, longest prefix", () => {
    expect(choose("2001:db8:1::1", "2001:db8:3::1", "fe80::1")).toBe("2001:db8:3::1");
    expect(choose("ff05::1", "2001:db8:3::1", "fe80::1")).toBe("2001:db8:3::1");
    expect(choose("fe80::2", "2001:db8:3::1", "fe80::1")).toBe("fe80::1%service");
    expect(choose("2001:db8:1::1", "2001:db8:1::1", "2001:db8:3::1")).toBe("2001:db8:1::1");
    expect(choose("2001:db8:1::1", "2001:db8:1::2", "2001:db8:3::2")).toBe("2001:db8:1::2");
    expect(choose("fc00::5", "2001:db8::1", "fd00::1")).toBe("fd00::1");
    expect(choose("2002:c633:6401::1", "2002:c633:6401::d5e3:7953:13eb:22e8", "2001:db8:1::2")).toBe(
      "2002:c633:6401:0:d5e3:7953:13eb:22e8",
    );
    const table = create();
    const [old, young] = [table.parse("2001:db8::1")!, table.parse("2001:db9::1")!];
    const both = [
      { address: old, deprecated: true },
      { address: young, deprecated: false },
    ];
    expect(selectSource(table, both, table.parse("2001:db8::2")!)).toBe(young);
    expect(selectSource(table, [], old)).toBe(0);
    expect(isNative(table, old)).toBe(true);
    expect(isNative(table, table.parse("fd00::1")!)).toBe(false);
  });
  it("sorts destinations: reachable ones, matching scope and label, precedence", () => {
    const table = create();
    const order = (...pairs: [string, string | undefined][]) =>
      sortDestinations(
        table,
        pairs.map(([address, source]) => ({
          address: table.parse(address)!,
          source: source === undefined ? 0 : table.parse(source)!,
        })),
      ).map(({ address }) => table.format(address));
    expect(order(["198.51.100.121", "10.0.0.1"], ["2001:db8:1::1", "2001:db8:1::2"])[0]).toBe("2001:db8:1::1");
    expect(order(["2001:db8:1::1", undefined], ["198.51.100.121", "198.51.100.117"])[0]).toBe("198.51.100.121");
    expect(order(["2001:db8:1::1", "fd00::1"], ["198.51.100.121", "10.0.0.1"])[0]).toBe("198.51.100.121");
    expect(order(["2001:db8:1::1", "2001:db8:1::2"], ["2001:db8:3ffe::1", "2001:db8:3f44::2"])[0]).toBe(
      "2001:db8:1::1",
    );
    expect(order(["2001:db8:1::1", "2001:db8:1::2"], ["fe80::1", "fe80::2"])[0]).toBe("fe80::1%service");
  });
});

describe("multicast listener (RFC 3810)", () => {
  function listener() {
    const table = create();
    const machine = new MulticastListener(table, () => 0.5);
    const group = table.parse("ff02::99")!;
    const sent: number[] = [];
    const dispatch = (now: number) =>
      machine.dispatch(now, (records) => void sent.push(...records.map(({ type }) => type)));
    return { table, machine, group, sent, dispatch };
  }
  it("tells twice that it joins and that it leaves", () => {
    const { machine, group, sent, dispatch } = listener();
    machine.join(group, 0);
    machine.join(group, 0);
    dispatch(0);
    expect(machine.pollAt()).toBe(500);
    dispatch(500);
    expect(sent).toEqual([4, 4]);
    expect(machine.pollAt()).toBe(Number.POSITIVE_INFINITY);
    machine.leave(group, 600);
    expect(machine.isMember(group)).toBe(true);
    machine.leave(group, 600);
    expect(machine.isMember(group)).toBe(false);
    dispatch(600);
    dispatch(1100);
    expect(sent).toEqual([4, 4, 3, 3]);
  });
  it("answers queries for all, and for its groups, within the time they give", () => {
    const { machine, table, group, sent, dispatch } = listener();
    machine.join(group, 0);
    dispatch(0);
    dispatch(500);
    machine.queried(0, 10_000, 1000);
    expect(machine.pollAt()).toBe(6000);
    machine.queried(group, 1000, 1000);
    expect(machine.pollAt()).toBe(1500);
    dispatch(1500);
    expect(sent.slice(2)).toEqual([2]);
    machine.queried(table.parse("ff02::98")!, 1000, 2000);
    expect(machine.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("is bounded", () => {
    const { machine, table } = listener();
    for (let number = 1; number <= MAX_GROUPS; number++) {
      expect(machine.join(table.parse(`ff02::${number.toString(16)}:1`)!, 0)).toBe(true);
    }
    expect(machine.join(table.parse("ff02::77:77:77")!, 0)).toBe(false);
  });
});

describe("router solicitation", () => {
  it("asks with growing pauses, some times; stops when a router answers", () => {
    const machine = new RouterSolicitation(() => 0.5);
    machine.start(0);
    const times: number[] = [];
    while (machine.pollAt() !== Number.POSITIVE_INFINITY) {
      times.push(machine.pollAt());
      expect(machine.dispatch(machine.pollAt())).toBe(true);
    }
    expect(times.slice(0, 4)).toEqual([0, 4000, 12_000, 28_000]);
    expect(times.length).toBe(MAX_SOLICITATIONS);
    machine.start(0);
    machine.dispatch(0);
    machine.stop();
    expect(machine.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("DHCPv6 client (stateless)", () => {
  const reply = (transaction: number, refreshTime = -1) => ({ transaction, servers: [], domains: [], refreshTime });
  function client() {
    const machine = new Dhcpv6Client(() => 0x80000000);
    const sent: { transaction: number; elapsed: number }[] = [];
    const dispatch = (now: number) =>
      machine.dispatch(now, (transaction, elapsed) => void sent.push({ transaction, elapsed }));
    return { machine, sent, dispatch };
  }
  it("asks within a second, and again with doubled pauses", () => {
    const { machine, sent, dispatch } = client();
    machine.start(0);
    machine.start(0);
    const times: number[] = [];
    for (let time = 0; time < 5; time++) {
      times.push(machine.pollAt());
      dispatch(machine.pollAt());
    }
    expect(times.map(Math.round)).toEqual([500, 1500, 3500, 7500, 15_500]);
    expect(new Set(sent.map(({ transaction }) => transaction)).size).toBe(1);
    expect(Math.round(sent[4]!.elapsed)).toBe(15_000);
  });
  it("takes the answer to its own question alone, and asks again when it is old", () => {
    const { machine, sent, dispatch } = client();
    expect(machine.process(reply(0), 0)).toBe(false);
    machine.start(0);
    dispatch(500);
    const { transaction } = sent[0]!;
    expect(machine.process(reply(transaction ^ 1), 600)).toBe(false);
    expect(machine.process(reply(transaction, 1000), 600)).toBe(true);
    expect(machine.information).toBeDefined();
    // Never more often than each ten minutes.
    expect(machine.pollAt()).toBe(600 + 600_000);
    expect(machine.process(reply(transaction), 700)).toBe(false);
    machine.start(800);
    expect(machine.pollAt()).toBe(600 + 600_000);
    dispatch(600_600);
    expect(machine.process(reply(sent[1]!.transaction, 0xffffffff * 1000), 600_700)).toBe(true);
    expect(machine.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
});

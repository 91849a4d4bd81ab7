import { pattern } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { alone, bytesOf, digits, type FrameOptions, frame, icmp, link, OURS, PEER, ROUTER, udp } from "./alone.ts";

const fragmentHeader = (next: number, offset: number, more: boolean, id: number): number[] => [
  next,
  0,
  offset >> 8,
  (offset & 0xf8) | (more ? 1 : 0),
  0,
  0,
  0,
  id,
];
const piece = (next: number, whole: Uint8Array, from: number, to: number, id = 7, options: FrameOptions = {}) =>
  frame(
    44,
    new Uint8Array([...fragmentHeader(next, from, to < whole.length, id), ...whole.subarray(from, to)]),
    options,
  );
/** So that the stack knows where the peer is. */
const known = () => icmp(135, 0, [0, 0, 0, 0, ...bytesOf(OURS), ...link(1)], { to: OURS, hopLimit: 255 });
const echo = (length: number, options: FrameOptions = {}) => icmp(128, 0, [0, 1, 0, 2, ...pattern(length)], options);

describe("IPv6 packets", () => {
  it("an echo request is answered, the same bytes", async () => {
    const { deliver } = await alone();
    deliver(known());
    const [reply] = deliver(echo(50));
    expect(reply).toMatchObject({ source: digits(OURS), destination: digits(PEER), next: 58, hopLimit: 64 });
    expect([...reply!.payload.subarray(0, 2)]).toEqual([129, 0]);
    expect(reply!.payload.subarray(8)).toEqual(pattern(50));
  });
  it("to all nodes too, from an address of ours", async () => {
    const { deliver } = await alone();
    deliver(known());
    const [reply] = deliver(echo(8, { to: "ff02::1" }));
    expect(reply).toMatchObject({ source: digits(OURS), destination: digits(PEER) });
  });
  it("counts what it drops, by reason", async () => {
    const { deliver, stack } = await alone();
    const { dropped } = stack.counters;
    const cases: [keyof typeof dropped, Uint8Array][] = [
      ["ipv6Malformed", echo(8).subarray(0, 50)],
      ["ipv6Malformed", frame(0, new Uint8Array([58, 200, 0, 0, 0, 0, 0, 0]))],
      ["ipv6Destination", echo(8, { to: "2001:db8::77" })],
      ["ipv6Destination", echo(8, { to: "::1" })],
      ["ipv6Destination", echo(8, { to: "ff02::77" })],
      ["ipv6Source", echo(8, { from: "ff02::1" })],
      ["ipv6Source", echo(8, { from: OURS })],
      ["ipv6Source", echo(8, { from: "::ffff:10.0.0.2" })],
      ["ipv6Source", frame(17, udp(9, [1], { from: "::" }), { from: "::" })],
      ["ipv6Protocol", frame(99, new Uint8Array(8))],
      ["icmpMalformed", frame(58, new Uint8Array(7))],
      ["icmpChecksum", frame(58, new Uint8Array(8).fill(1))],
      ["icmpType", icmp(200, 0, [0, 0, 0, 0])],
      ["icmpType", icmp(137, 0, [0, 0, 0, 0], { from: ROUTER, hopLimit: 255 })],
      ["udpMalformed", frame(17, new Uint8Array(7))],
      ["udpChecksum", frame(17, udp(9, [1, 2]).fill(0, 6, 8))],
      ["udpPort", frame(17, udp(9, [1, 2]))],
      ["tcpMalformed", frame(6, new Uint8Array(19))],
      ["tcpChecksum", frame(6, new Uint8Array(20).fill(0x55))],
      ["ndpMalformed", icmp(134, 0, new Array(12).fill(0), { from: ROUTER, hopLimit: 64, to: "ff02::1" })],
      ["ndpMalformed", icmp(134, 0, new Array(12).fill(0), { from: PEER, hopLimit: 255, to: "ff02::1" })],
      ["ndpMalformed", icmp(135, 0, new Array(10).fill(0), { hopLimit: 255 })],
    ];
    for (const [reason, bad] of cases) {
      const before = dropped[reason];
      deliver(bad);
      expect(dropped[reason] - before, `${reason} of ${Buffer.from(bad.subarray(14)).toString("hex")}`).toBe(1);
    }
  });
  it("a closed port, a protocol and an option that nobody knows are answered, errors and groups are not", async () => {
    const { deliver } = await alone();
    deliver(known());
    const [port] = deliver(frame(17, udp(9, [1, 2, 3])));
    expect([...port!.payload.subarray(0, 2)]).toEqual([1, 4]);
    expect(port!.payload.subarray(8).length).toBe(40 + 11);
    const [protocol] = deliver(frame(99, new Uint8Array(8)));
    expect([...protocol!.payload.subarray(0, 8)]).toMatchObject([
      4,
      1,
      expect.anything(),
      expect.anything(),
      0,
      0,
      0,
      6,
    ]);
    const [option] = deliver(frame(0, new Uint8Array([58, 0, 0xbe, 0, 0, 0, 0, 0]), { to: "ff02::1" }));
    expect([...option!.payload.subarray(4, 8)]).toEqual([0, 0, 0, 42]);
    expect(deliver(frame(0, new Uint8Array([58, 0, 0xfe, 0, 0, 0, 0, 0]), { to: "ff02::1" }))).toEqual([]);
    expect(deliver(frame(17, udp(9, [1], { to: "ff02::1" }), { to: "ff02::1" }))).toEqual([]);
    expect(deliver(icmp(1, 4, new Array(60).fill(0)))).toEqual([]);
  });
  it("errors out are limited in number", async () => {
    const { deliver, stack } = await alone();
    deliver(known());
    const answers = deliver(...Array.from({ length: 200 }, () => frame(17, udp(9, [1]))));
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.length).toBeLessThan(100);
    expect(stack.counters.dropped.rateLimit).toBeGreaterThan(100);
  });
  it("errors in reach whoever sent what they quote, and nobody else", async () => {
    const { deliver, stack, poll } = await alone();
    deliver(known());
    const socket = stack.udp.connect({ remote: { address: PEER, port: 9 } });
    const waiting = socket.receive();
    waiting.catch(() => {});
    socket.send(pattern(10));
    const [packet] = poll();
    const quote = (payload: Uint8Array, from = OURS) => [
      0,
      0,
      0,
      0,
      ...frame(17, payload, { from, to: PEER }).subarray(14),
    ];
    deliver(icmp(1, 4, quote(packet!.payload, "2001:db8::5")));
    expect(stack.counters.dropped.icmpUnbelieved).toBe(1);
    deliver(icmp(1, 4, quote(packet!.payload)));
    await expect(waiting).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
  it("packet too big narrows a path, never below 1280", async () => {
    const { deliver, stack, poll } = await alone();
    deliver(known());
    const socket = stack.udp.bind({ port: 9 });
    const sizes = () => {
      socket.send(pattern(1400), { address: PEER, port: 9 });
      return poll().map(({ payload }) => payload.length);
    };
    const tooBig = (mtu: number) => {
      socket.send(pattern(1400), { address: PEER, port: 9 });
      const [packet] = poll();
      const inner = packet!.next === 44 ? packet!.payload.subarray(8) : packet!.payload;
      deliver(icmp(2, 0, [0, 0, mtu >> 8, mtu & 255, ...frame(17, inner, { from: OURS, to: PEER }).subarray(14)]));
    };
    expect(sizes()).toEqual([1408]);
    tooBig(1400);
    expect(Math.max(...sizes())).toBeLessThanOrEqual(1360);
    tooBig(600);
    expect(Math.max(...sizes())).toBe(1240);
  });
});

describe("IPv6 fragments", () => {
  const whole = udp(7, [...pattern(3000)]);
  it("are put together in any order", async () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const { deliver, stack } = await alone();
      const socket = stack.udp.bind({ port: 7 });
      const pieces = [piece(17, whole, 0, 1448), piece(17, whole, 1448, 2896), piece(17, whole, 2896, whole.length)];
      deliver(...order.map((index) => pieces[index]!));
      expect((await socket.receive())!.data).toEqual(pattern(3000));
      expect(stack.usage.fragmentBytes).toBe(0);
    }
  });
  it("that overlap lose the whole datagram (RFC 5722); duplicates are ignored", async () => {
    const { deliver, stack } = await alone();
    const socket = stack.udp.bind({ port: 7 });
    deliver(piece(17, whole, 0, 1448), piece(17, whole, 1440, 2880), piece(17, whole, 2896, whole.length));
    deliver(piece(17, whole, 1448, 2896));
    expect(stack.counters.dropped.ipv6Fragment).toBe(3);
    deliver(
      piece(17, whole, 0, 1448, 8),
      piece(17, whole, 0, 1448, 8),
      piece(17, whole, 1448, 2896, 8),
      piece(17, whole, 2896, whole.length, 8),
    );
    expect((await socket.receive())!.data.length).toBe(3000);
  });
  it("an atomic one is whole, though others of its identification wait (RFC 6946)", async () => {
    const { deliver, stack } = await alone();
    const socket = stack.udp.bind({ port: 7 });
    const small = udp(7, [1, 2, 3]);
    deliver(piece(17, whole, 0, 1448), piece(17, small, 0, small.length));
    expect([...(await socket.receive())!.data]).toEqual([1, 2, 3]);
    deliver(piece(17, whole, 1448, 2896), piece(17, whole, 2896, whole.length));
    expect((await socket.receive())!.data.length).toBe(3000);
  });
  it("first ones without the transport's header are refused (RFC 7112); odd ones and too long ones answered", async () => {
    const { deliver, stack } = await alone();
    deliver(known());
    const problem = (packets: ReturnType<typeof deliver>) => [
      ...packets[0]!.payload.subarray(0, 2),
      packets[0]!.payload[7],
    ];
    const options = new Uint8Array([17, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    expect(problem(deliver(piece(60, options, 0, 8)))).toEqual([4, 3, 0]);
    expect(problem(deliver(piece(17, whole, 0, 1447)))).toEqual([4, 0, 4]);
    const far = frame(44, new Uint8Array([...fragmentHeader(17, 65_528, false, 9), ...pattern(16)]));
    expect(problem(deliver(far))).toEqual([4, 0, 42]);
    expect(stack.counters.dropped.ipv6Fragment).toBe(3);
    expect(stack.usage.fragmentBytes).toBe(0);
  });
  it("that do not all come in a minute are answered with time exceeded, and the memory comes back", async () => {
    const { deliver, stack, poll } = await alone();
    deliver(known());
    deliver(piece(17, whole, 0, 1448));
    expect(stack.usage.fragmentBytes).toBeGreaterThan(0);
    const late = poll(70_000).filter(({ next, payload }) => next === 58 && payload[0] === 3);
    expect(late.length).toBe(1);
    expect(late[0]!.payload.length).toBe(1240);
    expect(stack.usage.fragmentBytes).toBe(0);
    expect(stack.counters.dropped.ipv6Reassembly).toBe(1);
  });
});

describe("Neighbor Discovery", () => {
  it("solicitations for our addresses are answered, to the asker or to everybody", async () => {
    const { deliver } = await alone();
    const [answer] = deliver(known());
    expect(answer).toMatchObject({
      destination: digits(PEER),
      source: digits(OURS),
      hopLimit: 255,
      mac: "020000000002",
    });
    expect([...answer!.payload.subarray(0, 8)]).toMatchObject([
      136,
      0,
      expect.anything(),
      expect.anything(),
      0x60,
      0,
      0,
      0,
    ]);
    expect(Buffer.from(answer!.payload.subarray(24)).toString("hex")).toBe("0201020000000001");
    const group = "ff02::1:ff00:1";
    const [toAll] = deliver(icmp(135, 0, [0, 0, 0, 0, ...bytesOf(OURS)], { from: "::", to: group, hopLimit: 255 }));
    expect(toAll).toMatchObject({ destination: digits("ff02::1") });
    expect(toAll!.payload[4]).toBe(0x20);
    const probe = { from: "::", to: group, hopLimit: 255 };
    expect(deliver(icmp(135, 0, [0, 0, 0, 0, ...bytesOf(OURS), ...link(1)], probe))).toEqual([]);
    expect(deliver(icmp(135, 0, [0, 0, 0, 0, ...bytesOf(OURS), ...link(1)], { hopLimit: 254 }))).toEqual([]);
  });
  it("an address from a router's prefix that somebody has is made anew", async () => {
    const late = await alone({ ipv6: "auto" });
    const prefix = [3, 4, 64, 0xc0, 0, 0, 0x70, 0x80, 0, 0, 0x70, 0x80, 0, 0, 0, 0, ...bytesOf("2001:db8:5::")];
    const ra = [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, ...link(1), ...prefix];
    late.deliver(icmp(134, 0, ra, { from: ROUTER, to: "ff02::1", hopLimit: 255 }));
    const [tentative] = late.stack.ipv6!.tentative;
    expect(tentative).toMatch(/^2001:db8:5:/);
    const claimed = tentative!.split("/")[0]!;
    late.deliver(icmp(136, 0, [0x20, 0, 0, 0, ...bytesOf(claimed), ...link(2)], { to: "ff02::1", hopLimit: 255 }));
    expect(late.stack.counters.ipv6Duplicates).toBe(1);
    for (let now = 2000; now <= 6000; now += 100) late.poll(now);
    const used = late.stack.ipv6!.addresses.find((each) => each.startsWith("2001"));
    expect(used).toMatch(/^2001:db8:5:/);
    expect(used).not.toBe(tentative);
    expect(late.stack.ipv6!.gateway).toBe("fe80::99%service");
  });
  it("with temporary addresses connections go out from one of the router's prefix, and the stable one is known, too", async () => {
    const secret = "000102030405060708090a0b0c0d0e0f";
    const { deliver, poll, stack } = await alone({ ipv6: "temporary", "ipv6-secret": secret });
    const prefix = [3, 4, 64, 0xc0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, ...bytesOf("2001:db8:7::")];
    const options = { from: ROUTER, to: "ff02::1", hopLimit: 255 };
    deliver(icmp(134, 0, [64, 0, 0, 60, ...new Array(8).fill(0), ...prefix], options));
    for (let now = 2000; now <= 4000; now += 250) poll(now);
    const { addresses, temporary } = stack.ipv6!;
    expect(addresses).toHaveLength(3);
    expect(temporary).toEqual([addresses[1]]);
    // By RFC 7217 from that secret, this MAC and prefix: the same with each release.
    expect(addresses[0]).toBe("2001:db8:7:0:6e7b:de1:199a:76ec/64");
    stack.udp.bind().send(new Uint8Array(4), { address: "2001:db8:7::99", port: 9 });
    const [solicitation] = poll();
    expect(solicitation!.source).toBe(digits(temporary[0]!.split("/")[0]!));
  });
  it("a router tells of itself, prefixes, the MTU, servers and domains; and takes it back", async () => {
    const { deliver, stack } = await alone({ ipv6: "auto" });
    const options = { from: ROUTER, to: "ff02::1", hopLimit: 255 };
    const servers = (lifetime: number) => [25, 3, 0, 0, 0, 0, 0, lifetime, ...bytesOf("2001:db8::53")];
    const domains = (lifetime: number) => [31, 2, 0, 0, 0, 0, 0, lifetime, 3, 108, 97, 110, 0, 0, 0, 0];
    const mtu = [5, 1, 0, 0, 0, 0, 5, 0xdc - 100];
    const ra = (lifetime: number) => [
      64,
      0,
      0,
      lifetime,
      ...new Array(8).fill(0),
      ...mtu,
      ...servers(lifetime),
      ...domains(lifetime),
    ];
    deliver(icmp(134, 0, ra(60), options));
    expect(stack.ipv6).toMatchObject({
      gateway: "fe80::99%service",
      dns: ["2001:db8::53"],
      domains: ["lan"],
      mtu: 1400,
    });
    expect(stack.dns.servers).toEqual(["2001:db8::53"]);
    deliver(icmp(134, 0, ra(0), options));
    expect(stack.ipv6).toMatchObject({ gateway: undefined, dns: [], domains: [] });
  });
  it("queries for groups are answered with ours", async () => {
    const { deliver, poll, clock } = await alone();
    const query = [0, 100, 0, 0, ...new Array(16).fill(0), 2, 125, 0, 0];
    deliver(icmp(130, 0, query, { from: ROUTER, to: "ff02::1", hopLimit: 1 }));
    const reports = [];
    for (let step = 0; step < 20; step++) reports.push(...poll(clock.now + 10));
    expect(reports.length).toBeGreaterThan(0);
    for (const report of reports) {
      expect(report).toMatchObject({ destination: digits("ff02::16"), hopLimit: 1, next: 0 });
      // Hop-by-hop options with a router alert, then the report.
      expect([...report.payload.subarray(0, 9)]).toEqual([58, 0, 5, 2, 0, 0, 1, 0, 143]);
    }
  });
});

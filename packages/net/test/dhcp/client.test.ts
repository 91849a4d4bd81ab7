import { describe, expect, it } from "vitest";
import { DECLINE_WAIT, DhcpClient } from "../../src/dhcp/client.ts";
import {
  ACK,
  createDhcpMessage,
  DECLINE,
  type DhcpMessage,
  DISCOVER,
  emitDhcp,
  NAK,
  OFFER,
  OP_REPLY,
  parseDhcp,
  RELEASE,
  REQUEST,
} from "../../src/wire/dhcpv4.ts";

const MAC = new Uint8Array([2, 0, 0, 0, 0, 1]);
const SERVER = 99;

class Network {
  now = 0;
  sent: { message: DhcpMessage; server: number; at: number }[] = [];
  readonly client: DhcpClient;

  constructor(remembered = 0) {
    let seed = 1;
    const random = () => {
      seed = (seed * 1103515245 + 12345) >>> 0;
      return seed;
    };
    this.client = new DhcpClient(MAC, random, "", remembered);
  }

  run(milliseconds: number): DhcpMessage[] {
    const end = this.now + milliseconds;
    const before = this.sent.length;
    while (this.client.pollAt() <= end) {
      this.now = Math.max(this.now, this.client.pollAt());
      this.client.dispatch(this.now, (message, server) => void this.sent.push({ message, server, at: this.now }));
    }
    this.now = end;
    return this.sent.slice(before).map(({ message }) => message);
  }

  answer(type: number, extra: Partial<DhcpMessage> = {}): boolean {
    const { transaction } = this.sent.at(-1)!.message;
    const message = Object.assign(createDhcpMessage(), {
      op: OP_REPLY,
      type,
      transaction,
      mac: MAC,
      yourAddress: 0x0a000005,
      server: SERVER,
      mask: -256,
      routers: [0x0a000001],
      dns: [8, 9],
      leaseTime: 1000,
      ...extra,
    });
    return this.client.process(message, this.now);
  }

  bind(): void {
    this.run(0);
    this.answer(OFFER);
    this.run(0);
    expect(this.answer(ACK)).toBe(true);
  }
}

describe("DHCP client", () => {
  it("discovers, requests what was offered, and is bound", () => {
    const network = new Network();
    expect(network.run(0).map(({ type }) => type)).toEqual([DISCOVER]);
    network.answer(OFFER);
    const [request] = network.run(0);
    expect(request).toMatchObject({ type: REQUEST, requestedAddress: 0x0a000005, server: SERVER, broadcast: true });
    expect(network.answer(ACK)).toBe(true);
    expect(network.client.lease).toMatchObject({ address: 0x0a000005, prefix: 24, gateway: 0x0a000001, dns: [8, 9] });
  });
  it("asks for the address that it had before it booted, of whoever knows of it (INIT-REBOOT, RFC 2131 3.2)", () => {
    const network = new Network(0x0a000005);
    const [request, ...more] = network.run(0);
    expect(more).toEqual([]);
    // Table 5: the address as an option, no server.
    expect(request).toMatchObject({ type: REQUEST, requestedAddress: 0x0a000005, server: 0, clientAddress: 0 });
    expect(network.sent[0]!.server).toBe(0);
    expect(network.answer(ACK, { yourAddress: 0x0a000006 })).toBe(false);
    expect(network.answer(OFFER)).toBe(false);
    expect(network.answer(ACK)).toBe(true);
    expect(network.client).toMatchObject({ state: "bound", lease: { address: 0x0a000005, server: SERVER } });
  });
  it("starts over when that is refused, or when nobody has heard of it", () => {
    const refused = new Network(0x0a000005);
    refused.run(0);
    expect(refused.answer(NAK)).toBe(false);
    expect(refused.run(0).map(({ type }) => type)).toEqual([DISCOVER]);
    refused.answer(OFFER, { yourAddress: 0x0a000007 });
    refused.run(0);
    expect(refused.answer(ACK, { yourAddress: 0x0a000007 })).toBe(true);
    const unheard = new Network(0x0a000005);
    expect(
      unheard
        .run(3000)
        .map(({ type }) => type)
        .slice(0, 3),
    ).toEqual([REQUEST, REQUEST, DISCOVER]);
    expect(unheard.sent[2]!.message.transaction).not.toBe(unheard.sent[0]!.message.transaction);
  });
  it("a REQUEST has the DISCOVER's seconds", () => {
    const network = new Network();
    network.run(10_000);
    const { seconds } = network.sent.at(-1)!.message;
    expect(seconds).toBeGreaterThan(1);
    network.now += 5000;
    network.answer(OFFER);
    const [request] = network.run(0);
    expect(request).toMatchObject({ type: REQUEST, seconds });
  });
  it("repeats DISCOVER with growing pauses", () => {
    const network = new Network();
    network.run(60_000);
    const times = network.sent.map(({ at }) => at);
    expect(times.length).toBeGreaterThan(4);
    for (let index = 2; index < times.length; index++) {
      expect(times[index]! - times[index - 1]!).toBeGreaterThan((times[index - 1]! - times[index - 2]!) * 1.3);
    }
  });
  it("starts over when the request is never answered", () => {
    const network = new Network();
    network.run(0);
    network.answer(OFFER);
    const types = network.run(30_000).map(({ type }) => type);
    expect(types.slice(0, 4)).toEqual([REQUEST, REQUEST, REQUEST, REQUEST]);
    expect(types).toContain(DISCOVER);
  });
  it("starts over after NAK", () => {
    const network = new Network();
    network.run(0);
    network.answer(OFFER);
    network.run(0);
    network.answer(NAK);
    expect(network.run(0).map(({ type }) => type)).toEqual([DISCOVER]);
  });
  it("does not believe other transactions, other MACs, requests, or another address than was offered", () => {
    const network = new Network();
    network.run(0);
    network.answer(OFFER, { transaction: 5 });
    network.answer(OFFER, { mac: new Uint8Array(6) });
    network.answer(OFFER, { op: 1 });
    network.answer(ACK);
    expect(network.client.state).toBe("selecting");
    network.answer(OFFER);
    network.run(0);
    expect(network.answer(ACK, { yourAddress: 7 })).toBe(false);
    expect(network.client.lease).toBeUndefined();
  });
  it("renews with its server at half of the lease, without a change", () => {
    const network = new Network();
    network.bind();
    expect(network.run(499_000)).toEqual([]);
    const [renewal] = network.run(1000);
    expect(renewal).toMatchObject({ type: REQUEST, clientAddress: 0x0a000005, requestedAddress: 0, server: 0 });
    expect(network.sent.at(-1)!.server).toBe(SERVER);
    expect(network.answer(ACK)).toBe(false);
    expect(network.client.state).toBe("bound");
    expect(network.client.lease!.expiresAt).toBe(network.now + 1_000_000);
  });
  it("asks everybody at seven eighths, and gives the address up at the end", () => {
    const network = new Network();
    network.bind();
    network.run(880_000);
    expect(network.client.state).toBe("rebinding");
    expect(network.sent.at(-1)!.server).toBe(0);
    expect(network.client.lease).toBeDefined();
    network.run(130_000);
    expect(network.client.lease).toBeUndefined();
    expect(network.sent.at(-1)!.message.type).toBe(DISCOVER);
  });
  it("a lease for ever is never renewed", () => {
    const network = new Network();
    network.run(0);
    network.answer(OFFER);
    network.run(0);
    network.answer(ACK, { leaseTime: 0xffffffff });
    expect(network.client.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("declines an address that somebody has, and asks again ten seconds later", () => {
    const network = new Network();
    network.bind();
    const sent: [DhcpMessage, number][] = [];
    network.client.decline(network.now, (message, server) => void sent.push([message, server]));
    expect(sent.length).toBe(1);
    expect(sent[0]![0]).toMatchObject({
      type: DECLINE,
      requestedAddress: 0x0a000005,
      server: SERVER,
      clientAddress: 0,
      broadcast: false,
    });
    expect(sent[0]![1]).toBe(0);
    expect(network.client.lease).toBeUndefined();
    expect(network.run(DECLINE_WAIT - 1)).toEqual([]);
    expect(network.run(1).map(({ type }) => type)).toEqual([DISCOVER]);
  });
  it("gives its lease back to the server that it is from, once, and is silent then", () => {
    const network = new Network();
    network.bind();
    const sent: [DhcpMessage, number][] = [];
    for (let times = 0; times < 2; times++) {
      network.client.release((message, server) => void sent.push([message, server]));
    }
    expect(sent.length).toBe(1);
    expect(sent[0]![0]).toMatchObject({
      type: RELEASE,
      clientAddress: 0x0a000005,
      requestedAddress: 0,
      server: SERVER,
    });
    expect(sent[0]![1]).toBe(SERVER);
    expect(network.run(10_000_000)).toEqual([]);
  });
  it("believes classless routes in place of the router, and takes MTU, NTP and names", () => {
    const network = new Network();
    network.run(0);
    network.answer(OFFER);
    network.run(0);
    const routes = [
      { destination: 0x0a010000, prefix: 16, gateway: 0x0a000009 },
      { destination: 0, prefix: 0, gateway: 0x0a000008 },
    ];
    network.answer(ACK, { routes, mtu: 1400, ntp: [5], hostName: "box", domainName: "example.com" });
    expect(network.client.lease).toMatchObject({
      gateway: 0x0a000008,
      routes: [{ ...routes[0], source: 0 }],
      mtu: 1400,
      ntp: [5],
      hostName: "box",
      domainName: "example.com",
    });
  });
  it("an MTU that makes no sense is none, and a tiny one is 576", () => {
    for (const [mtu, taken] of [
      [67, 0],
      [68, 576],
      [9000, 9000],
    ] as const) {
      const network = new Network();
      network.run(0);
      network.answer(OFFER);
      network.run(0);
      network.answer(ACK, { mtu });
      expect(network.client.lease!.mtu).toBe(taken);
    }
  });
});

describe("DHCP options", () => {
  const message = (): DhcpMessage =>
    Object.assign(createDhcpMessage(), { op: OP_REPLY, type: ACK, mac: MAC, yourAddress: 7 });

  it("come through: routes, names, MTU, NTP", () => {
    const buffer = new Uint8Array(576).fill(0xa5);
    const wanted = Object.assign(message(), {
      routes: [
        { destination: 0x0a010203, prefix: 32, gateway: 1 },
        { destination: 0x0a010000, prefix: 16, gateway: 2 },
        { destination: 0x0a800000, prefix: 9, gateway: 3 },
        { destination: 0, prefix: 0, gateway: 4 },
      ],
      mtu: 1280,
      ntp: [8, 9],
      hostName: "box",
      domainName: "example.com",
    });
    const length = emitDhcp(buffer, 0, wanted);
    expect(parseDhcp(buffer, 0, length)).toEqual(wanted);
  });
  it("in pieces are one (RFC 3396), and continue in `file` and `sname` when they say so", () => {
    const bytes = new Uint8Array(300);
    emitDhcp(bytes, 0, message());
    const put = (at: number, ...values: number[]) => bytes.set(values, at);
    // Overload 3; half of a router's address here, half in `file`; the MTU in `sname`.
    put(240, 53, 1, ACK, 52, 1, 3, 3, 2, 10, 0, 255);
    put(108, 3, 2, 0, 9, 255);
    put(44, 26, 2, 5, 0, 255);
    expect(parseDhcp(bytes, 0, 300)).toMatchObject({ routers: [0x0a000009], mtu: 1280 });
  });
  it("that are broken: no route, no name, or no message, and never more", () => {
    const bytes = new Uint8Array(300);
    emitDhcp(bytes, 0, message());
    const parse = (...values: number[]) => {
      bytes.fill(0, 240).set([53, 1, ACK, ...values, 255], 240);
      return parseDhcp(bytes, 0, 300);
    };
    expect(parse(121, 3, 33, 1, 2)?.routes).toBeUndefined();
    expect(parse(121, 5, 24, 10, 0, 0, 1)?.routes).toBeUndefined();
    expect(parse(12, 3, 97, 10, 98)?.hostName).toBe("");
    expect(parse(12, 200, 97)).toBeUndefined();
    let seed = 1;
    for (let round = 0; round < 3000; round++) {
      for (let at = 240; at < 300; at++) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        bytes[at] = seed >>> 16;
      }
      parseDhcp(bytes, 0, 300);
    }
  });
});

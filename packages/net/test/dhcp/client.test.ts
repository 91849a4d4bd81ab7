import { describe, expect, it } from "vitest";
import { DhcpClient } from "../../src/dhcp/client.ts";
import {
  ACK,
  createDhcpMessage,
  type DhcpMessage,
  DISCOVER,
  NAK,
  OFFER,
  OP_REPLY,
  REQUEST,
} from "../../src/wire/dhcpv4.ts";

const MAC = new Uint8Array([2, 0, 0, 0, 0, 1]);
const SERVER = 99;

class Network {
  now = 0;
  sent: { message: DhcpMessage; server: number; at: number }[] = [];
  readonly client: DhcpClient;

  constructor() {
    let seed = 1;
    this.client = new DhcpClient(MAC, () => {
      seed = (seed * 1103515245 + 12345) >>> 0;
      return seed;
    });
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
});

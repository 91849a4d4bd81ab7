import {
  byteHelpers,
  checkCode,
  FakeHost,
  memoryBlockDevice,
  pattern,
  QueueDevice,
  readAll,
  Simulation,
  seededRng,
} from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type Stack, stack } from "../src/index.ts";
import { createArpFields, emitArp } from "../src/wire/arp.ts";
import {
  createDhcpMessage,
  DECLINE,
  ACK as DHCP_ACK,
  DISCOVER,
  emitDhcp,
  INFORM,
  OFFER,
  OP_REPLY,
  parseDhcp,
  RELEASE,
  REQUEST,
} from "../src/wire/dhcpv4.ts";
import { createDnsMessage, emitDns, parseDns } from "../src/wire/dns.ts";
import { emitEthernet } from "../src/wire/ethernet.ts";
import { emitIcmpv4, patchIcmpv4Checksum } from "../src/wire/icmpv4.ts";
import { emitIpv4, pseudoHeaderSum } from "../src/wire/ipv4.ts";
import { ACK, createTcpSegment, emitTcp, patchTcpChecksum, SYN, tcpHeaderLength } from "../src/wire/tcp.ts";
import { emitUdp, patchUdpChecksum } from "../src/wire/udp.ts";
import { repairIpv4 } from "./repair.ts";

const OURS = 0x0a000001;
const PEER = 0x0a000002;

/** A stack on a device of its own, with time by hand. */
async function alone(parameters: Record<string, string> = { ipv4: "10.0.0.1/24", ipv6: "off" }) {
  const device = new QueueDevice();
  const sent: Uint8Array[] = [];
  device.onSend = (frame) => void sent.push(frame);
  const host = new FakeHost({ netDevices: [device], parameters });
  const opened = await stack().open(host);
  const poll = (now = 0) => {
    for (const machine of host.machines) machine.poll(now);
    return sent.splice(0);
  };
  poll();
  return { device, host, stack: opened, poll };
}

function ethernet(type: number, broadcast = false): Uint8Array {
  const frame = new Uint8Array(1514);
  const destinationLow = broadcast ? -1 : 1;
  emitEthernet(frame, 0, {
    destinationHigh: broadcast ? 0xffff : 0x200,
    destinationLow,
    sourceHigh: 0x200,
    sourceLow: 2,
    type,
  });
  return frame;
}

function ip(
  protocol: number,
  length: number,
  build: (frame: Uint8Array, at: number) => void,
  fragment = 0,
  source = PEER,
) {
  const frame = ethernet(0x800);
  const totalLength = 20 + length;
  emitIpv4(frame, 14, {
    headerLength: 20,
    totalLength,
    identification: 1,
    fragment,
    ttl: 64,
    protocol,
    source,
    destination: OURS,
  });
  build(frame, 34);
  return frame.slice(0, 14 + totalLength);
}

function echo(length: number, fragment = 0) {
  return ip(
    1,
    8 + length,
    (frame, at) => {
      emitIcmpv4(frame, at, { type: 8, code: 0, rest: 0x12340001 });
      frame.set(pattern(length), at + 8);
      patchIcmpv4Checksum(frame, at, byteHelpers.checksum(frame, at, 8 + length, 0));
    },
    fragment,
  );
}

function tcp(flags: number, port: number, seq: number, ack: number) {
  const segment = Object.assign(createTcpSegment(), {
    sourcePort: 4000,
    destinationPort: port,
    seq,
    ack,
    flags,
    window: 1000,
  });
  const length = tcpHeaderLength(segment);
  return ip(6, length, (frame, at) => {
    emitTcp(frame, at, segment);
    patchTcpChecksum(frame, at, byteHelpers.checksum(frame, at, length, pseudoHeaderSum(PEER, OURS, 6, length)));
  });
}

function udp(port: number, data: Uint8Array) {
  const length = 8 + data.length;
  return ip(17, length, (frame, at) => {
    emitUdp(frame, at, { sourcePort: 5000, destinationPort: port, length, checksum: 0 });
    frame.set(data, at + 8);
    patchUdpChecksum(frame, at, byteHelpers.checksum(frame, at, length, pseudoHeaderSum(PEER, OURS, 17, length)));
  });
}

/** The peer asks for our MAC: from then on we know its. */
function arpRequest() {
  const frame = ethernet(0x806, true);
  const fields = createArpFields();
  Object.assign(fields, { senderHigh: 0x200, senderLow: 2, senderAddress: PEER, targetAddress: OURS });
  emitArp(frame, 14, fields);
  return frame.slice(0, 42);
}

async function known() {
  const host = await alone();
  host.device.deliver(arpRequest());
  host.poll();
  return host;
}

describe("stack", () => {
  it("answers ARP requests for its address", async () => {
    const { device, poll } = await alone();
    device.deliver(arpRequest());
    const [reply] = poll();
    expect(Buffer.from(reply!.subarray(0, 6)).toString("hex")).toBe("020000000002");
    expect(reply![21]).toBe(2);
    expect(Buffer.from(reply!.subarray(28, 32)).toString("hex")).toBe("0a000001");
  });
  it("probes for its address and announces it when it opens, and announces it once more", async () => {
    const device = new QueueDevice();
    const sent: Uint8Array[] = [];
    device.onSend = (frame) => void sent.push(frame);
    const host = new FakeHost({ netDevices: [device], parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } });
    await stack().open(host);
    const senders = (now: number) => {
      for (const machine of host.machines) machine.poll(now);
      return sent.splice(0).map((frame) => {
        expect(frame.subarray(0, 6).every((byte) => byte === 0xff)).toBe(true);
        expect(Buffer.from(frame.subarray(38, 42)).toString("hex")).toBe("0a000001");
        return Buffer.from(frame.subarray(28, 32)).toString("hex");
      });
    };
    expect(senders(0)).toEqual(["00000000", "0a000001"]);
    expect(senders(1999)).toEqual([]);
    expect(senders(2000)).toEqual(["0a000001"]);
    expect(senders(100_000)).toEqual([]);
  });
  it("answers pings, byte for byte", async () => {
    const { device, poll } = await known();
    device.deliver(echo(56));
    const [reply] = poll();
    expect(reply![34]).toBe(0);
    expect(Buffer.compare(reply!.subarray(42), pattern(56))).toBe(0);
    expect(byteHelpers.checksum(reply!, 34, 64, 0)).toBe(0xffff);
    expect(byteHelpers.checksum(reply!, 14, 20, 0)).toBe(0xffff);
  });
  it("keeps one packet while it asks for the neighbour, so that a first answer is not lost", async () => {
    const { device, poll } = await alone();
    device.deliver(echo(10));
    const [request] = poll();
    expect([request![12], request![13]]).toEqual([8, 6]);
    const frame = arpRequest();
    frame[21] = 2;
    device.deliver(frame);
    const [reply] = poll();
    expect(reply![34]).toBe(0);
  });
  it("answers a SYN for a closed port with a reset, and a datagram with port unreachable; not without end", async () => {
    const { device, poll, stack: opened } = await known();
    device.deliver(tcp(SYN, 99, 1000, 0));
    const [reset] = poll();
    expect(reset![47]).toBe(0x14);
    expect(new DataView(reset!.buffer).getUint32(42)).toBe(1001);
    device.deliver(tcp(ACK, 99, 1000, 777));
    const [second] = poll();
    expect(second![47]).toBe(0x04);
    expect(new DataView(second!.buffer).getUint32(38)).toBe(777);
    device.deliver(udp(99, pattern(30)));
    const [unreachable] = poll();
    expect([unreachable![34], unreachable![35]]).toEqual([3, 3]);
    expect(byteHelpers.checksum(unreachable!, 34, 36, 0)).toBe(0xffff);
    let answers = 0;
    for (let index = 0; index < 1000; index++) {
      device.deliver(tcp(SYN, 99, 1000, 0));
      device.deliver(udp(99, pattern(30)));
      answers += poll().length;
    }
    expect(answers).toBeLessThan(300);
    expect(opened.counters.dropped.rateLimit).toBeGreaterThan(1000);
  });
  it("counts what it drops, by reason", async () => {
    const { device, poll, stack: opened } = await known();
    const dropped = opened.counters.dropped;
    const cases: [keyof typeof dropped, Uint8Array][] = [
      ["ethernetMalformed", new Uint8Array(13)],
      ["ethernetType", ethernet(0x86dd).slice(0, 60)],
      ["ethernetNotOurs", change(echo(10), 5, 9)],
      ["arpMalformed", ethernet(0x806).slice(0, 30)],
      ["ipv4Malformed", change(echo(10), 14, 0x55)],
      ["ipv4Malformed", echo(10).slice(0, 40)],
      ["ipv4Checksum", change(echo(10), 22, 1)],
      ["ipv4Fragment", echo(10, 0x2001)],
      ["ipv4Fragment", echo(10, 0x1fff)],
      ["ipv4Source", ip(1, 8, () => {}, 0, -1)],
      ["ipv4Source", ip(6, 20, () => {}, 0, OURS)],
      ["ipv4Source", ip(17, 8, () => {}, 0, 0x7f000001)],
      ["ipv4Protocol", ip(99, 8, () => {})],
      ["icmpChecksum", change(echo(10), 45, 0xff)],
      ["icmpMalformed", ip(1, 4, () => {})],
      ["udpChecksum", change(udp(99, pattern(30)), 50, 0xff)],
      [
        "udpMalformed",
        ip(17, 8, (frame, at) => emitUdp(frame, at, { sourcePort: 1, destinationPort: 2, length: 9, checksum: 0 })),
      ],
      ["tcpMalformed", ip(6, 20, () => {})],
      ["tcpChecksum", change(tcp(SYN, 99, 1, 0), 40, 0xff)],
    ];
    for (const [reason, frame] of cases) {
      const before = dropped[reason];
      device.deliver(frame);
      poll();
      expect(dropped[reason] - before, reason).toBe(1);
    }
  });
  it("a listener's backlog bounds half-open connections, and newer SYNs get cookies", async () => {
    const { device, poll, stack: opened } = await known();
    opened.tcp.listen({ port: 80, backlog: 3 });
    for (let index = 0; index < 10; index++) {
      const frame = tcp(SYN, 80, index, 0);
      const view = new DataView(frame.buffer);
      view.setUint16(34, 1000 + index);
      view.setUint16(50, 0);
      view.setUint16(
        50,
        ~byteHelpers.checksum(frame, 34, frame.length - 34, pseudoHeaderSum(PEER, OURS, 6, frame.length - 34)),
      );
      device.deliver(frame);
    }
    const ports = poll().map((frame) => (frame[36]! << 8) | frame[37]!);
    expect(ports).toEqual([1003, 1004, 1005, 1006, 1007, 1008, 1009, 1000, 1001, 1002]);
    expect(opened.counters.tcp.cookiesSent).toBe(7);
    expect(opened.usage.connections).toBe(3);
  });
  it("a cookie that comes back while the queue is full is dropped, not refused: it counts when it comes again", async () => {
    const { device, poll, stack: opened } = await known();
    const listener = opened.tcp.listen({ port: 80, backlog: 1 });
    const from = (port: number, flags: number, seq: number, ack: number) => {
      const frame = tcp(flags, 80, seq, ack);
      const view = new DataView(frame.buffer);
      const length = frame.length - 34;
      view.setUint16(34, port);
      view.setUint16(50, 0);
      view.setUint16(50, ~byteHelpers.checksum(frame, 34, length, pseudoHeaderSum(PEER, OURS, 6, length)));
      device.deliver(frame);
      return poll();
    };
    const numberOf = ([answer]: Uint8Array[]) => new DataView(answer!.buffer, answer!.byteOffset).getUint32(38);
    const first = numberOf(from(1000, SYN, 1, 0));
    const cookie = numberOf(from(1001, SYN, 1, 0));
    expect(opened.counters.tcp.cookiesSent).toBe(1);
    from(1000, ACK, 2, first + 1);
    expect(from(1001, ACK, 2, cookie + 1)).toEqual([]);
    expect(opened.counters.dropped.tcpBacklog).toBe(1);
    expect(await listener.accept()).toBeDefined();
    from(1001, ACK, 2, cookie + 1);
    expect((await listener.accept())?.remote.port).toBe(1001);
    expect(opened.counters.tcp.cookiesTaken).toBe(1);
  });
  it("a SYN from where no route leads does not stay for ever", async () => {
    const { device, poll, stack: opened } = await known();
    opened.tcp.listen({ port: 80 });
    const frame = tcp(SYN, 80, 1, 0);
    frame.set([192, 0, 2, 1], 26);
    repairIpv4(frame);
    device.deliver(frame);
    expect(poll()).toEqual([]);
    expect(opened.usage.connections).toBe(1);
    for (let minute = 1; minute <= 60; minute++) poll(minute * 60_000);
    expect(opened.usage.connections).toBe(0);
  });
  it("refuses arguments that make no sense, by code", async () => {
    const { stack: opened } = await alone();
    await checkCode("EINVAL", () => opened.tcp.listen({ port: 70_000 }));
    await checkCode("EINVAL", () => opened.tcp.connect({ address: "nowhere", port: 80 }));
    await checkCode("EADDRNOTAVAIL", () => opened.tcp.listen({ port: 80, address: "10.0.0.9" }));
    opened.tcp.listen({ port: 80 });
    await checkCode("EADDRINUSE", () => opened.tcp.listen({ port: 80 }));
    await checkCode("ENETUNREACH", () => opened.tcp.connect({ address: "192.0.2.1", port: 80 }));
    const socket = opened.udp.bind({ port: 9 });
    await checkCode("EADDRINUSE", () => opened.udp.bind({ port: 9 }));
    await checkCode("EMSGSIZE", () => socket.send(new Uint8Array(65_508), { address: "10.0.0.2", port: 9 }));
    await checkCode("ENETUNREACH", () => socket.send(new Uint8Array(1), { address: "192.0.2.1", port: 9 }));
  });
});

function change(frame: Uint8Array, at: number, value: number): Uint8Array {
  frame[at] = frame[at]! ^ value;
  return frame;
}

async function pair(simulation: Simulation): Promise<[Stack, Stack]> {
  return Promise.all([
    stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } })),
    stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } })),
  ]);
}

describe("two stacks", () => {
  it("a first connection takes no longer than its round trips: nothing waits for ARP but its answer", async () => {
    const simulation = new Simulation({ delay: 0.1 });
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        a.tcp.listen({ port: 7 });
        await b.tcp.connect({ address: "10.0.0.1", port: 7 });
      })(),
    );
    // ARP and SYN, there and back.
    expect(simulation.now).toBeLessThan(0.5);
  });
  it("connect fails with ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, and with the signal's reason", async () => {
    const simulation = new Simulation();
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        await checkCode("ECONNREFUSED", () => b.tcp.connect({ address: "10.0.0.1", port: 9 }));
        await checkCode("EHOSTUNREACH", () => b.tcp.connect({ address: "10.0.0.77", port: 9 }));
        a.tcp.listen({ port: 7 });
        simulation.filter = (frame) => frame[23] !== 6;
        await checkCode("ETIMEDOUT", () => b.tcp.connect({ address: "10.0.0.1", port: 7, timeout: 2000 }));
        const controller = new AbortController();
        const pending = b.tcp.connect({ address: "10.0.0.1", port: 7, signal: controller.signal });
        controller.abort(new Error("changed my mind"));
        await expect(pending).rejects.toThrow("changed my mind");
      })(),
    );
  });
  it("datagrams travel both ways, and a full queue drops", async () => {
    const simulation = new Simulation();
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        const server = a.udp.bind({ port: 7, queue: 4 });
        const client = b.udp.bind();
        client.send(pattern(1472), { address: "10.0.0.1", port: 7 });
        const { data, remote } = (await server.receive())!;
        expect(Buffer.compare(data, pattern(1472))).toBe(0);
        expect(remote).toEqual({ address: "10.0.0.2", port: client.local.port });
        server.send(data.subarray(0, 5), remote);
        expect((await client.receive())!.data.length).toBe(5);
        for (let index = 0; index < 10; index++) client.send(new Uint8Array(1), { address: "10.0.0.1", port: 7 });
        await client[Symbol.asyncDispose]();
        await a.tcp.connect({ address: "10.0.0.2", port: 1 }).catch(() => {});
        expect(a.counters.dropped.udpQueue).toBe(6);
        server.close();
        let count = 0;
        for await (const _ of server) count++;
        expect(count).toBe(4);
      })(),
    );
  });
  it("an idle connection makes no traffic and no timers", async () => {
    const simulation = new Simulation();
    const [client, server] = await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        const listener = a.tcp.listen({ port: 7 });
        const flows = await Promise.all([b.tcp.connect({ address: "10.0.0.1", port: 7 }), listener.accept()]);
        await flows[0].write("x");
        await flows[1]!.read();
        return flows;
      })(),
    );
    await simulation.pass(3000);
    const { frames } = simulation;
    await simulation.pass(24 * 3600_000);
    expect(simulation.frames).toBe(frames);
    await simulation.run(Promise.all([client.write("still there"), server!.read()]));
  });
  it("a sender of nothing but data keeps going for 20 minutes", async () => {
    const simulation = new Simulation({ delay: 5, loss: 0.01 });
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        const listener = a.tcp.listen({ port: 7 });
        const received = listener.accept().then((flow) => readAll(flow!));
        const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7 });
        let length = 0;
        while (simulation.now < 20 * 60_000) {
          await flow.write(pattern(1000));
          length += 1000;
          const socket = b.udp.bind();
          socket.send(new Uint8Array(1), { address: "10.0.0.1", port: 9 });
          socket.close();
          await later(b, 500);
        }
        flow.shutdown();
        expect((await received).length).toBe(length);
      })(),
      30 * 60_000,
    );
  });
  it("4,000 connections: TIME-WAIT is bounded, and in the end nothing is left", async () => {
    const simulation = new Simulation({ delay: 0.01 });
    const stacks: Stack[] = [];
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        const listener = a.tcp.listen({ port: 7 });
        void (async () => {
          for await (const flow of listener) void flow.close();
        })();
        for (let round = 0; round < 40; round++) {
          const flows = await Promise.all(
            Array.from({ length: 100 }, () => b.tcp.connect({ address: "10.0.0.1", port: 7 })),
          );
          await Promise.all(flows.map((flow) => flow.close()));
        }
        expect(a.counters.tcp.opened).toBe(4000);
        expect(a.usage.connections).toBeLessThanOrEqual(1024 + 100);
        stacks.push(a, b);
      })(),
      900_000,
    );
    await simulation.pass(130_000);
    for (const { usage } of stacks) expect(usage).toMatchObject({ connections: 0, bufferBytes: 0 });
  });
});

/** Resolves after `milliseconds` of virtual time: a connection attempt to nobody takes them. */
async function later(from: Stack, milliseconds: number): Promise<void> {
  await from.tcp.connect({ address: "10.0.0.250", port: 9, timeout: milliseconds }).catch(() => {});
}

describe("opening by DHCP", () => {
  /** A server on the cable, at the frame level. */
  function serve(simulation: Simulation, index: number, domain = "") {
    const device = new QueueDevice();
    simulation.filter = (frame, from) => {
      if (from !== index || frame[23] !== 17 || frame[37] !== 67) return true;
      const message = parseDhcp(frame, 42, frame.length - 42)!;
      const answer = Object.assign(createDhcpMessage(), message, {
        op: OP_REPLY,
        type: message.type === REQUEST || message.type === INFORM ? DHCP_ACK : OFFER,
        yourAddress: 0x0a000042,
        server: PEER,
        mask: -256,
        routers: [PEER],
        dns: [PEER],
        leaseTime: 600,
        domainName: domain,
      });
      const reply = ethernet(0x800, true);
      const length = 8 + emitDhcp(reply, 42, answer);
      emitUdp(reply, 34, { sourcePort: 67, destinationPort: 68, length, checksum: 0 });
      const header = { headerLength: 20, identification: 0, fragment: 0, ttl: 64, protocol: 17 };
      emitIpv4(reply, 14, { ...header, totalLength: 20 + length, source: PEER, destination: -1 });
      simulation.inject(reply.slice(0, 34 + length));
      return true;
    };
    return device;
  }
  it("open waits for an address, and has it", async () => {
    const simulation = new Simulation();
    serve(simulation, 0);
    const opened = await simulation.run(Promise.resolve(stack().open(simulation.addHost())));
    expect(opened.ipv4).toMatchObject({ address: "10.0.0.66", prefix: 24, gateway: "10.0.0.2", dns: ["10.0.0.2"] });
    expect(opened.dns.servers).toEqual(["10.0.0.2"]);
    await simulation.pass(3600_000);
    expect(opened.ipv4?.address).toBe("10.0.0.66");
  });
  it("open fails with EADDRNOTAVAIL when nobody offers one", async () => {
    const simulation = new Simulation();
    const host = simulation.addHost();
    await checkCode("EADDRNOTAVAIL", () => simulation.run(Promise.resolve(stack().open(host))));
    expect(simulation.now).toBe(10_000);
  });
  it("with a disk for its state asks for the same address at the next boot, and does not give it back", async () => {
    const disk = memoryBlockDevice();
    const state = { manifest: [{ name: "state", type: "block" as const }], parameters: [], open: () => disk };
    const device = stack({ state });
    expect(device.manifest.map(({ name }) => name)).toEqual(["service", "state"]);
    const kinds: number[] = [];
    const identifiers: string[] = [];
    for (let boot = 0; boot < 2; boot++) {
      const simulation = new Simulation({ seed: boot });
      serve(simulation, 0);
      const answering = simulation.filter;
      simulation.filter = (frame, from) => {
        if (frame[23] === 17 && frame[37] === 67) kinds.push(parseDhcp(frame, 42, frame.length - 42)!.type);
        return answering(frame, from);
      };
      const host = simulation.addHost();
      const opened = await simulation.run(Promise.resolve(device.open(host)));
      expect(opened.ipv4?.address).toBe("10.0.0.66");
      await simulation.pass(1500);
      identifiers.push(opened.ipv6!.addresses[0]!);
      for (const cleanup of host.cleanups) await cleanup();
      await simulation.pass(100);
    }
    expect(kinds).toEqual([DISCOVER, REQUEST, REQUEST]);
    expect(identifiers[1]).toBe(identifiers[0]);
  });
  it("short names are tried in the domain that DHCP tells, unless that is none", async () => {
    for (const [domain, asked] of [
      ["lan.example", ["host.lan.example", "host"]],
      ["", ["host"]],
      ["a..b", ["host"]],
    ] as const) {
      const simulation = new Simulation();
      serve(simulation, 0, domain);
      const host = simulation.addHost({ parameters: { ipv6: "off" } });
      const opened = await simulation.run(Promise.resolve(stack().open(host)));
      const server = await simulation.run(
        Promise.resolve(stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }))),
      );
      const names: string[] = [];
      const socket = server.udp.bind({ port: 53 });
      void (async () => {
        for await (const { data, remote } of socket) {
          const query = parseDns(data, 0, data.length)!;
          names.push(query.questions[0]!.name.toLowerCase());
          const into = new Uint8Array(512);
          const answer = { ...createDnsMessage(), id: query.id, response: true, questions: query.questions, rcode: 3 };
          socket.send(into.slice(0, emitDns(into, 0, answer)), remote);
        }
      })();
      await simulation.run(checkCode("ENOTFOUND", () => opened.dns.lookup("host")));
      expect(names).toEqual(asked);
    }
  });
  it("with an address of its own asks DHCP for name servers where --dns=dhcp says so", async () => {
    const simulation = new Simulation();
    serve(simulation, 0);
    const parameters = { ipv4: "10.0.0.66/24", dns: "dhcp", ipv6: "off" };
    const opened = await simulation.run(Promise.resolve(stack().open(simulation.addHost({ parameters }))));
    expect(opened.dns.servers).toEqual([]);
    await simulation.pass(1000);
    expect(opened.dns.servers).toEqual(["10.0.0.2"]);
    expect(opened.ipv4).toMatchObject({ address: "10.0.0.66", dns: ["10.0.0.2"] });
  });
  it("gives the lease back at shutdown, and an address that somebody has to somebody else", async () => {
    const simulation = new Simulation();
    const host = simulation.addHost();
    const kinds: number[] = [];
    serve(simulation, 0);
    const answering = simulation.filter;
    simulation.filter = (frame, from) => {
      if (frame[23] === 17 && frame[37] === 67) kinds.push(parseDhcp(frame, 42, frame.length - 42)!.type);
      return answering(frame, from);
    };
    const opened = await simulation.run(Promise.resolve(stack().open(host)));
    const claim = ethernet(0x806, true);
    const fields = { senderHigh: 0x200, senderLow: 9, senderAddress: 0x0a000042, targetAddress: 0x0a000042 };
    emitArp(claim, 14, Object.assign(createArpFields(), fields));
    simulation.device(0).deliver(claim.slice(0, 42));
    await simulation.pass(100);
    expect(opened.ipv4).toBeUndefined();
    expect(kinds).toEqual([DISCOVER, REQUEST, DECLINE]);
    await simulation.pass(11_000);
    expect(opened.ipv4?.address).toBe("10.0.0.66");
    for (const cleanup of host.cleanups) await cleanup();
    expect(kinds).toEqual([DISCOVER, REQUEST, DECLINE, DISCOVER, REQUEST, RELEASE]);
  });
  it("a device of another name has keys of its own", () => {
    expect(stack({ name: "private" }).parameters.map(({ name }) => name)).toEqual([
      "private-ipv4",
      "private-ipv4-gateway",
      "private-ipv4-routes",
      "private-ipv6",
      "private-ipv6-gateway",
      "private-ipv6-secret",
      "private-dns",
      "private-dns-search",
    ]);
    expect(stack().parameters.map(({ name }) => name)).toEqual([
      "ipv4",
      "ipv4-gateway",
      "ipv4-routes",
      "ipv6",
      "ipv6-gateway",
      "ipv6-secret",
      "dns",
      "dns-search",
    ]);
    expect(stack({ name: "private" }).manifest).toMatchObject([{ name: "private", type: "net" }]);
  });
});

describe("fuzz", () => {
  it("mutated frames neither throw nor grow memory, and a good client is served meanwhile", async () => {
    const simulation = new Simulation({ delay: 0.1 });
    const rng = seededRng(11);
    const stacks: Stack[] = [];
    const seen: Uint8Array[] = [arpRequest(), echo(20), udp(7, pattern(10)), tcp(SYN, 7, 5, 0), tcp(ACK, 7, 6, 1)];
    simulation.filter = (frame) => {
      if (seen.length < 200) seen.push(frame);
      else seen[rng.below(200)] = frame;
      return true;
    };
    const mutate = () => {
      let frame = seen[rng.below(seen.length)]!.slice();
      for (let count = rng.below(4); count >= 0; count--) {
        const at =
          rng.below(4) === 0 ? rng.below(frame.length) : 14 + rng.below(Math.max(1, Math.min(60, frame.length - 14)));
        frame[at] = rng.uint32();
      }
      if (rng.below(8) === 0) frame = frame.slice(0, rng.below(frame.length + 1));
      // Half of them with checksums that hold, so that they get further.
      if (rng.below(2) === 0 && frame.length > 54 && frame[12] === 8 && frame[13] === 0 && frame[14] === 0x45) {
        const view = new DataView(frame.buffer);
        view.setUint16(16, frame.length - 14);
        view.setUint16(24, 0);
        view.setUint16(24, ~byteHelpers.checksum(frame, 14, 20, 0));
        const length = frame.length - 34;
        const at = 34 + (frame[23] === 6 ? 16 : frame[23] === 17 ? 6 : 2);
        const pseudo = frame[23] === 1 ? 0 : frame[23]! + length;
        view.setUint16(at, 0);
        const sum = byteHelpers.checksum(
          frame,
          frame[23] === 1 ? 34 : 26,
          frame[23] === 1 ? length : 8 + length,
          pseudo,
        );
        view.setUint16(at, ~sum);
      }
      return frame;
    };
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        const listener = a.tcp.listen({ port: 7 });
        void (async () => {
          for await (const flow of listener) {
            void (async () => {
              for (let data = await flow.read(); data !== undefined; data = await flow.read()) await flow.write(data);
              await flow.close();
            })().catch(() => {});
          }
        })();
        let served = 0;
        for (let round = 0; round < 150; round++) {
          for (let count = 0; count < 100; count++) simulation.device(count & 1).deliver(mutate());
          try {
            const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7, timeout: 20_000 });
            await flow.write("are you there?");
            flow.shutdown();
            const answer = await readAll(flow);
            if (new TextDecoder().decode(answer) === "are you there?") served++;
            await flow.close();
          } catch {
            // A mutated frame with good checksums may reset a connection, or teach a wrong MAC: that is what they are for.
          }
        }
        expect(served).toBeGreaterThan(75);
        listener.close();
        stacks.push(a, b);
      })(),
      3_600_000,
    );
    await simulation.pass(1_000_000);
    for (const { usage } of stacks) {
      expect(usage.connections).toBeLessThan(50);
      expect(usage.bufferBytes).toBeLessThan(1 << 20);
    }
  });
});

import {
  byteHelpers,
  checkCode,
  FakeClock,
  FakeHost,
  pattern,
  QueueDevice,
  readAll,
  Simulation,
} from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { DEFEND_INTERVAL } from "../src/arp/defense.ts";
import { type Stack, stack } from "../src/index.ts";
import { createArpFields, emitArp } from "../src/wire/arp.ts";
import { emitEthernet } from "../src/wire/ethernet.ts";
import { emitIcmpv4, patchIcmpv4Checksum } from "../src/wire/icmpv4.ts";
import { emitIpv4 } from "../src/wire/ipv4.ts";

const OURS = 0x0a000001;
const PEER = 0x0a000002;
const ROUTER = 0x0a0000fe;

async function alone(
  parameters: Record<string, string> = { ipv4: "10.0.0.1/24", "ipv4-gateway": "10.0.0.254", ipv6: "off" },
) {
  const device = new QueueDevice();
  const sent: Uint8Array[] = [];
  device.onSend = (frame) => void sent.push(frame);
  const clock = new FakeClock();
  const host = new FakeHost({ clock, netDevices: [device], parameters });
  const opened = await stack().open(host);
  const poll = (now = clock.now) => {
    clock.now = now;
    for (let round = 0; round < 4; round++) for (const machine of host.machines) machine.poll(now);
    return sent.splice(0);
  };
  poll();
  const arp = (sender: number, target = OURS, low = 2) => {
    const frame = new Uint8Array(60);
    header(frame, 0x806);
    const fields = { senderHigh: 0x200, senderLow: low, senderAddress: sender, targetAddress: target };
    emitArp(frame, 14, Object.assign(createArpFields(), fields));
    device.deliver(frame);
    return poll();
  };
  return { device, stack: opened, poll, arp };
}

function header(frame: Uint8Array, type: number): void {
  const addresses = { destinationHigh: 0x200, destinationLow: 1, sourceHigh: 0x200, sourceLow: 2 };
  emitEthernet(frame, 0, { ...addresses, type });
}

function packet(protocol: number, payload: Uint8Array, source = PEER, fragment = 0, destination = OURS): Uint8Array {
  const frame = new Uint8Array(34 + payload.length);
  header(frame, 0x800);
  const lengths = { headerLength: 20, totalLength: 20 + payload.length };
  emitIpv4(frame, 14, { ...lengths, identification: 77, fragment, ttl: 64, protocol, source, destination });
  frame.set(payload, 34);
  return frame;
}

function icmp(type: number, code: number, rest: number, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(8 + data.length);
  emitIcmpv4(message, 0, { type, code, rest });
  message.set(data, 8);
  patchIcmpv4Checksum(message, 0, byteHelpers.checksum(message, 0, message.length, 0));
  return message;
}

/** An ICMP error of a router about a frame of ours. */
function errorAbout(frame: Uint8Array, type: number, code: number, rest = 0): Uint8Array {
  return packet(1, icmp(type, code, rest, frame.subarray(14, 42)), ROUTER);
}

async function pair(simulation: Simulation): Promise<[Stack, Stack]> {
  return Promise.all([
    stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24,10.0.1.1/24", ipv6: "off" } })),
    stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24,10.0.1.2/24", ipv6: "off" } })),
  ]);
}

/** Without ARP. */
function ipv4(frames: Uint8Array[]): Uint8Array[] {
  return frames.filter((frame) => frame[12] === 8 && frame[13] === 0);
}

describe("fragments", () => {
  it("a datagram of 65,507 bytes and a ping of 65,507 cross a clean link, and one that reorders and duplicates", async () => {
    for (const options of [{}, { reorder: 0.3, duplicate: 0.2, delay: 1 }]) {
      const simulation = new Simulation({ seed: 5, ...options });
      await simulation.run(
        (async () => {
          const [a, b] = await pair(simulation);
          const server = a.udp.bind({ port: 7 });
          const client = b.udp.bind();
          client.send(pattern(65_507), { address: "10.0.0.1", port: 7 });
          const { data } = (await server.receive())!;
          expect(Buffer.compare(data, pattern(65_507))).toBe(0);
          const { rtt, size } = await b.icmp.ping("10.0.0.1", { size: 65_507 });
          expect(size).toBe(65_507);
          expect(rtt).toBeLessThan(1000);
          expect(a.counters.reassembled).toBe(2);
        })(),
      );
    }
  });
  it("`dontFragment` refuses what the path does not carry whole", async () => {
    const { stack: opened } = await alone();
    const socket = opened.udp.bind({ dontFragment: true });
    await checkCode("EMSGSIZE", () => socket.send(new Uint8Array(1473), { address: "10.0.0.2", port: 9 }));
    socket.send(new Uint8Array(1472), { address: "10.0.0.2", port: 9 });
  });
  it("a datagram that stays incomplete is answered with time exceeded after a minute, when its first piece came", async () => {
    const { device, arp, poll, stack: opened } = await alone();
    arp(PEER);
    device.deliver(packet(17, pattern(64), PEER, 0x2000));
    expect(poll(1000)).toEqual([]);
    const [error] = ipv4(poll(61_000));
    expect([error![34], error![35]]).toEqual([11, 1]);
    expect(Buffer.compare(error!.subarray(62, 70), pattern(64).subarray(0, 8))).toBe(0);
    device.deliver(packet(17, pattern(64), PEER, 0x2008));
    poll(62_000);
    expect(ipv4(poll(200_000))).toEqual([]);
    expect(opened.counters.dropped.ipv4Reassembly).toBe(2);
  });
});

describe("ICMP errors", () => {
  it("reach the connected socket that sent, by code, and nobody else", async () => {
    const { device, arp, poll, stack: opened } = await alone();
    arp(PEER);
    const socket = opened.udp.connect({ remote: { address: "10.0.0.2", port: 9 } });
    for (const [type, code, expected] of [
      [3, 3, "ECONNREFUSED"],
      [3, 1, "EHOSTUNREACH"],
      [3, 0, "ENETUNREACH"],
      [11, 0, "EHOSTUNREACH"],
    ] as const) {
      socket.send(pattern(20));
      const [frame] = poll();
      const waiting = socket.receive();
      device.deliver(errorAbout(frame!, type, code));
      poll();
      await checkCode(expected, () => waiting);
      const forged = frame!.slice();
      forged[37] = 10;
      const { icmpUnbelieved } = opened.counters.dropped;
      device.deliver(errorAbout(forged, type, code));
      poll();
      expect(opened.counters.dropped.icmpUnbelieved).toBe(icmpUnbelieved + 1);
    }
  });
  it("end a connection attempt when they are hard and quote its SYN; soft ones and forged ones do not", async () => {
    const { device, arp, poll, stack: opened } = await alone();
    arp(PEER);
    const connecting = opened.tcp.connect({ address: "10.0.0.2", port: 80 });
    let ended = false;
    connecting.catch(() => {
      ended = true;
    });
    const [syn] = poll();
    device.deliver(errorAbout(syn!, 3, 1));
    const forged = syn!.slice();
    forged[38] = forged[38]! ^ 0x80;
    device.deliver(errorAbout(forged, 3, 3));
    poll();
    await Promise.resolve();
    expect(ended).toBe(false);
    device.deliver(errorAbout(syn!, 3, 3));
    poll();
    await checkCode("ECONNREFUSED", () => connecting);
  });
  it("soft ones are the reason when a connection attempt times out (RFC 1122 4.2.3.9)", async () => {
    const { device, arp, poll, stack: opened } = await alone();
    arp(PEER);
    const connecting = opened.tcp.connect({ address: "10.0.0.2", port: 80, timeout: 5000 });
    const failed = checkCode("ENETUNREACH", () => connecting);
    const [syn] = poll();
    device.deliver(errorAbout(syn!, 3, 0));
    poll();
    poll(1_500);
    poll(6_000);
    await failed;
  });
  it("fragmentation needed: datagrams to there go in smaller pieces, for ten minutes", async () => {
    const { device, arp, poll, stack: opened } = await alone();
    arp(ROUTER);
    const socket = opened.udp.bind();
    const to = { address: "192.0.2.1", port: 9 };
    const lengths = () => {
      socket.send(pattern(1472), to);
      return poll();
    };
    const [whole] = lengths();
    expect(whole!.length).toBe(1514);
    expect(whole![20]! & 0x40).toBe(0x40);
    device.deliver(errorAbout(whole!, 3, 4, 1000));
    poll();
    const pieces = lengths();
    expect(pieces.map((frame) => frame.length)).toEqual([14 + 996, 14 + 20 + 1480 - 976]);
    expect(pieces.map((frame) => frame[20]! & 0x60)).toEqual([0x20, 0]);
    poll(601_000);
    expect(ipv4(lengths()).map((frame) => frame.length)).toEqual([1514]);
  });
  it("a TCP transfer gets through a path that is narrower in the middle", async () => {
    const simulation = new Simulation({ delay: 1 });
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        const listener = a.tcp.listen({ port: 7 });
        let told = 0;
        simulation.filter = (frame, from) => {
          if (from !== 1 || frame[12] !== 8 || frame[13] !== 0 || frame.length <= 14 + 900) return true;
          if (told++ < 3) {
            const error = errorAbout(frame, 3, 4, 900);
            error.set(frame.subarray(6, 12), 0);
            new DataView(error.buffer).setUint32(30, PEER);
            error[24] = 0;
            error[25] = 0;
            const sum = ~byteHelpers.checksum(error, 14, 20, 0);
            error[24] = sum >> 8;
            error[25] = sum;
            narrow.deliver(error);
          }
          return false;
        };
        const narrow = simulation.device(1);
        const received = listener.accept().then((flow) => readAll(flow!));
        const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7 });
        await flow.write(pattern(100_000));
        flow.shutdown();
        expect(Buffer.compare(await received, pattern(100_000))).toBe(0);
        // What was too large went again at once.
        expect(b.counters.tcp.timeouts).toBe(0);
      })(),
      10_000,
    );
  });
});

describe("ping", () => {
  it("measures the round trip, and fails by code", async () => {
    const simulation = new Simulation({ delay: 20 });
    await simulation.run(
      (async () => {
        const [, b] = await pair(simulation);
        await b.icmp.ping("10.0.0.1");
        const { rtt, ttl } = await b.icmp.ping("10.0.0.1", { size: 0 });
        expect(rtt).toBeGreaterThanOrEqual(40);
        expect(rtt).toBeLessThan(42);
        expect(ttl).toBe(64);
        await checkCode("EHOSTUNREACH", () => b.icmp.ping("10.0.0.77"));
        await checkCode("ENETUNREACH", () => b.icmp.ping("192.0.2.1"));
        await checkCode("EINVAL", () => b.icmp.ping("10.0.0.1", { size: 65_508 }));
        simulation.filter = (frame) => frame[23] !== 1;
        await checkCode("ETIMEDOUT", () => b.icmp.ping("10.0.0.1", { timeout: 100 }));
        const controller = new AbortController();
        const pending = b.icmp.ping("10.0.0.1", { signal: controller.signal });
        controller.abort(new Error("enough"));
        await expect(pending).rejects.toThrow("enough");
      })(),
    );
  });
});

describe("addresses", () => {
  it("127.0.0.1 and our own addresses are ourselves: TCP, UDP and ping, and nothing of it on the wire", async () => {
    const simulation = new Simulation();
    await simulation.run(
      (async () => {
        const [a] = await pair(simulation);
        await a.icmp.ping("10.0.0.2");
        const { frames } = simulation;
        const listener = a.tcp.listen({ port: 80 });
        for (const address of ["127.0.0.1", "127.1.2.3", "10.0.0.1", "10.0.1.1"]) {
          const accepted = listener.accept();
          const flow = await a.tcp.connect({ address, port: 80 });
          const server = (await accepted)!;
          const received = readAll(server);
          await flow.write(pattern(300_000));
          flow.shutdown();
          expect(Buffer.compare(await received, pattern(300_000))).toBe(0);
          await Promise.all([flow.close(), server.close()]);
          await a.icmp.ping(address, { size: 3000 });
          const socket = a.udp.bind();
          socket.send(pattern(5000), { address, port: socket.local.port });
          expect((await socket.receive())!.data.length).toBe(5000);
          socket.close();
        }
        await checkCode("ECONNREFUSED", () => a.tcp.connect({ address: "127.0.0.1", port: 81 }));
        expect(simulation.frames).toBe(frames);
      })(),
      600_000,
    );
  });
  it("who listens at 127.0.0.1 is not reached from outside, and nobody outside may be 127.0.0.1", async () => {
    const simulation = new Simulation();
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        a.tcp.listen({ port: 80, address: "127.0.0.1" });
        await checkCode("ECONNREFUSED", () => b.tcp.connect({ address: "10.0.0.1", port: 80 }));
        await a.tcp.connect({ address: "127.0.0.1", port: 80 });
        const socket = a.udp.bind({ port: 9, address: "127.0.0.1" });
        const other = b.udp.connect({ remote: { address: "10.0.0.1", port: 9 } });
        other.send(pattern(1));
        await checkCode("ECONNREFUSED", () => other.receive());
        socket.close();
      })(),
    );
    const { device, poll, stack: opened } = await alone();
    device.deliver(packet(1, icmp(8, 0, 1, pattern(8)), 0x7f000001));
    device.deliver(packet(1, icmp(8, 0, 1, pattern(8)), PEER, 0, 0x7f000001));
    expect(poll()).toEqual([]);
    expect(opened.counters.dropped).toMatchObject({ ipv4Source: 1, ipv4Destination: 1 });
  });
  it("a second address answers, and packets to its network come from it", async () => {
    const simulation = new Simulation();
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        const listener = a.tcp.listen({ port: 80 });
        const flow = await b.tcp.connect({ address: "10.0.1.1", port: 80 });
        expect(flow.local.address).toBe("10.0.1.2");
        expect((await listener.accept())!.local.address).toBe("10.0.1.1");
        expect(b.ipv4!.addresses).toEqual(["10.0.0.2/24", "10.0.1.2/24"]);
      })(),
    );
  });
  it("the longest prefix decides who is asked for", async () => {
    const { stack: opened, poll } = await alone({
      ipv4: "10.0.0.1/24",
      ipv6: "off",
      "ipv4-gateway": "10.0.0.254",
      "ipv4-routes": "172.16.0.0/12@10.0.0.7,172.16.5.0/24@10.0.0.8",
    });
    const socket = opened.udp.bind();
    for (const [to, hop] of [
      ["172.16.5.9", 8],
      ["172.17.0.1", 7],
      ["192.0.2.1", 254],
      ["10.0.0.9", 9],
    ] as const) {
      socket.send(pattern(1), { address: to, port: 9 });
      expect(poll()[0]!.subarray(38, 42)).toEqual(new Uint8Array([10, 0, 0, hop]));
    }
  });
  it("an address that others claim is defended, once in ten seconds", async () => {
    const { arp, stack: opened } = await alone();
    expect(arp(OURS, OURS).length).toBe(1);
    expect(arp(OURS, OURS).length).toBe(0);
    expect(opened.counters.arpConflicts).toBe(2);
    const { arp: later, poll } = await alone();
    later(OURS, OURS);
    poll(DEFEND_INTERVAL);
    expect(later(OURS, OURS).length).toBe(1);
  });
  it("several frames wait for a neighbour, in order; a bounded number", async () => {
    const { stack: opened, poll, arp } = await alone();
    const socket = opened.udp.bind();
    socket.send(pattern(6000), { address: "10.0.0.2", port: 9 });
    expect(poll().length).toBe(1);
    const offsets = ipv4(arp(PEER)).map((frame) => ((frame[20]! << 8) | frame[21]!) & 0x1fff);
    expect(offsets).toEqual([0, 185, 370, 555, 740]);
    for (let index = 0; index < 200; index++) socket.send(pattern(1), { address: "10.0.0.3", port: 9 });
    expect(opened.counters.dropped.unreachable).toBe(200 - 48);
  });
});

describe("UDP", () => {
  it("hears groups that it joined, until it leaves or closes", async () => {
    const simulation = new Simulation();
    await simulation.run(
      (async () => {
        const [a, b] = await pair(simulation);
        const member = a.udp.bind({ port: 5000 });
        const sender = b.udp.bind({ address: "10.0.0.2" });
        const to = { address: "224.0.0.251", port: 5000 };
        sender.send(pattern(1), to);
        await a.icmp.ping("10.0.0.2");
        member.join("224.0.0.251");
        sender.send(pattern(2), to);
        expect(await member.receive()).toMatchObject({ destination: "224.0.0.251", data: pattern(2) });
        sender.send(pattern(3), { address: "255.255.255.255", port: 5000 });
        expect(await member.receive()).toMatchObject({ destination: "255.255.255.255" });
        member.leave("224.0.0.251");
        sender.send(pattern(4), to);
        sender.send(pattern(5), { address: "10.0.0.1", port: 5000 });
        expect((await member.receive())!.data.length).toBe(5);
        await checkCode("EINVAL", () => member.join("10.0.0.1"));
      })(),
    );
  });
  it("a queue is bounded in datagrams and bytes, and counts what it dropped", async () => {
    const { stack: opened, poll } = await alone();
    const socket = opened.udp.bind({ port: 9, queueBytes: 100 });
    for (let index = 0; index < 5; index++) socket.send(pattern(30), { address: "127.0.0.1", port: 9 });
    poll();
    expect(socket.dropped).toBe(2);
    expect(opened.counters.dropped.udpQueue).toBe(2);
  });
});

import { checkCode, FakeClock, FakeHost, pattern, QueueDevice, seededRng } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { MAX_NEIGHBOURS } from "../src/arp/cache.ts";
import { stack } from "../src/index.ts";
import { MAX_BYTES } from "../src/ipv4/reassembly.ts";
import { createArpFields, emitArp } from "../src/wire/arp.ts";
import { emitEthernet } from "../src/wire/ethernet.ts";
import { emitIcmpv4 } from "../src/wire/icmpv4.ts";
import { emitIpv4 } from "../src/wire/ipv4.ts";
import { ACK, createTcpSegment, emitTcp, RST, SYN } from "../src/wire/tcp.ts";
import { emitUdp } from "../src/wire/udp.ts";
import { repairIpv4 } from "./repair.ts";

const OURS = 0x0a000001;
const PEER = 0x0a000002;

/** One frame of each kind, to be mutated. */
function seeds(): Uint8Array[] {
  const ethernet = (type: number, length: number): Uint8Array => {
    const frame = new Uint8Array(length);
    const macs = { destinationHigh: 0x200, destinationLow: 1, sourceHigh: 0x200, sourceLow: 2 };
    emitEthernet(frame, 0, { ...macs, type });
    return frame;
  };
  const ip = (protocol: number, payload: number, fragment = 0, destination = OURS): Uint8Array => {
    const frame = ethernet(0x800, 34 + payload);
    frame.set(pattern(payload), 34);
    const lengths = { headerLength: 20, totalLength: 20 + payload };
    emitIpv4(frame, 14, { ...lengths, identification: 5, fragment, ttl: 64, protocol, source: PEER, destination });
    return frame;
  };
  const arp = ethernet(0x806, 42);
  emitArp(
    arp,
    14,
    Object.assign(createArpFields(), { senderHigh: 0x200, senderLow: 2, senderAddress: PEER, targetAddress: OURS }),
  );
  const tcp = (flags: number): Uint8Array => {
    const frame = ip(6, 60);
    emitTcp(
      frame,
      34,
      Object.assign(createTcpSegment(), { sourcePort: 4000, destinationPort: 80, seq: 1, ack: 1, flags, window: 999 }),
    );
    return frame;
  };
  const udp = (port: number, destination = OURS): Uint8Array => {
    const frame = ip(17, 300, 0, destination);
    emitUdp(frame, 34, { sourcePort: 67, destinationPort: port, length: 300, checksum: 0 });
    return frame;
  };
  const icmp = (type: number, code: number): Uint8Array => {
    const frame = ip(1, 64);
    emitIcmpv4(frame, 34, { type, code, rest: 600 });
    frame.set(udp(9).subarray(14, 42 + 8), 42);
    return frame;
  };
  return [
    arp,
    tcp(SYN),
    tcp(ACK),
    tcp(RST | ACK),
    udp(7),
    udp(68),
    udp(7, -1),
    udp(7, 0xe00000fb | 0),
    icmp(8, 0),
    icmp(0, 0),
    icmp(3, 4),
    icmp(3, 3),
    icmp(11, 0),
    ip(17, 64, 0x2000),
    ip(17, 64, 0x2008),
    ip(17, 61, 8),
    ip(99, 20),
  ];
}

describe("whatever frames come", () => {
  for (const dhcp of [false, true]) {
    it(`nothing throws, memory stays bounded, and a ping is answered in the end (${dhcp ? "DHCP" : "static"})`, async () => {
      const device = new QueueDevice();
      let sent: Uint8Array[] = [];
      device.onSend = (frame) => void sent.push(frame);
      const clock = new FakeClock();
      const host = new FakeHost({ clock, netDevices: [device], parameters: dhcp ? {} : { ipv4: "10.0.0.1/24" } });
      const opening = Promise.resolve(stack().open(host));
      opening.catch(() => {});
      while (host.machines.length === 0) await Promise.resolve();
      const poll = (): void => {
        for (const machine of host.machines) machine.poll(clock.now);
      };
      const opened = dhcp ? undefined : await opening;
      opened?.tcp.listen({ port: 80, backlog: 8 });
      opened?.udp.bind({ port: 7, queue: 4 }).join("224.0.0.251");
      const rng = seededRng(dhcp ? 11 : 12);
      const templates = seeds();
      for (let round = 0; round < 20_000; round++) {
        let frame = templates[rng.uint32() % templates.length]!.slice();
        for (let flips = rng.uint32() % 6; flips > 0; flips--) {
          frame[12 + (rng.uint32() % (frame.length - 12))] = rng.uint32();
        }
        if ((rng.uint32() & 15) === 0) frame = frame.slice(0, rng.uint32() % (frame.length + 1));
        if ((rng.uint32() & 7) !== 0) repairIpv4(frame);
        device.deliver(frame);
        clock.now += rng.uint32() & 31;
        poll();
        sent = sent.slice(-1);
      }
      if (opened === undefined) {
        clock.now += 20_000;
        poll();
        await checkCode("EADDRNOTAVAIL", () => opening);
        return;
      }
      expect(opened.usage.connections).toBeLessThan(200);
      expect(opened.usage.fragmentBytes).toBeLessThanOrEqual(MAX_BYTES);
      expect(opened.usage.neighbours).toBeLessThanOrEqual(MAX_NEIGHBOURS);
      expect(opened.counters.dropped.ipv4Fragment).toBeGreaterThan(0);
      expect(opened.counters.icmpErrors).toBeGreaterThan(0);
      clock.now += 200_000;
      poll();
      device.deliver(templates[0]!);
      poll();
      const ping = templates[8]!.slice();
      repairIpv4(ping);
      device.deliver(ping);
      sent = [];
      poll();
      expect(sent.some((frame) => frame[23] === 1 && frame[34] === 0)).toBe(true);
      expect(opened.usage.fragmentBytes).toBe(0);
    });
  }
});

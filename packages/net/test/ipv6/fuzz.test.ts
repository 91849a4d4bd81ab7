import { seededRng } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { MAX_BYTES } from "../../src/ipv4/reassembly.ts";
import { MAX_LOOSE } from "../../src/ipv6/addresses.ts";
import { MAX_NEIGHBOURS } from "../../src/ipv6/neighbours.ts";
import { MAX_OWN_ADDRESSES } from "../../src/ipv6/own-addresses.ts";
import { repairIpv6 } from "../repair.ts";
import { alone, bytesOf, frame, icmp, link, OURS, ROUTER, summed, udp } from "./alone.ts";

const toAll = { from: ROUTER, to: "ff02::1", hopLimit: 255 };

/** One frame of each kind, to be mutated. */
function seeds(): Uint8Array[] {
  const prefix = [3, 4, 64, 0xc0, 0, 0, 0x70, 0x80, 0, 0, 0x70, 0x80, 0, 0, 0, 0, ...bytesOf("2001:db8:5::")];
  const rdnss = [25, 3, 0, 0, 0, 0, 0, 60, ...bytesOf("2001:db8::53")];
  const dnssl = [31, 2, 0, 0, 0, 0, 0, 60, 3, 108, 97, 110, 0, 0, 0, 0];
  const ra = [64, 0x40, 7, 8, ...new Array(8).fill(0), ...link(1), ...prefix, ...rdnss, ...dnssl];
  const quoted = frame(17, udp(9, [1, 2, 3], { from: OURS, to: "2001:db8::2" }), { from: OURS, to: "2001:db8::2" });
  const syn = [0x10, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0];
  const options = [58, 0, 5, 2, 0, 0, 1, 0];
  return [
    icmp(128, 0, [0, 1, 0, 2, 1, 2, 3, 4]),
    icmp(134, 0, ra, toAll),
    icmp(135, 0, [0, 0, 0, 0, ...bytesOf(OURS), ...link(1)], { hopLimit: 255 }),
    icmp(136, 0, [0x60, 0, 0, 0, ...bytesOf("2001:db8::2"), ...link(2)], { hopLimit: 255 }),
    icmp(130, 0, [0, 100, 0, 0, ...new Array(20).fill(0)], { ...toAll, hopLimit: 1 }),
    icmp(1, 4, [0, 0, 0, 0, ...quoted.subarray(14)]),
    icmp(2, 0, [0, 0, 5, 0, ...quoted.subarray(14)]),
    frame(17, udp(7, [1, 2, 3, 4])),
    frame(17, udp(546, [7, 0, 0, 1, 0, 2, 0, 4, 1, 2, 3, 4])),
    frame(6, summed(6, new Uint8Array(syn), 16)),
    frame(44, new Uint8Array([17, 0, 0, 1, 0, 0, 0, 9, ...new Array(64).fill(3)])),
    frame(44, new Uint8Array([17, 0, 0, 65, 0, 0, 0, 9, ...new Array(64).fill(3)])),
    frame(0, new Uint8Array([...options, 128, 0, 0, 0, 0, 0, 0, 0])),
    frame(60, new Uint8Array([43, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0, 0])),
  ];
}

describe("whatever IPv6 frames come", () => {
  it("nothing throws, memory stays bounded, and a ping is answered in the end", async () => {
    const { stack, device, poll, deliver, clock } = await alone();
    stack.tcp.listen({ port: 80, backlog: 8 });
    stack.udp.bind({ port: 7, queue: 4 }).join("ff02::1234");
    const rng = seededRng(5);
    const templates = seeds();
    for (let round = 0; round < 15_000; round++) {
      let bytes = templates[rng.uint32() % templates.length]!.slice();
      for (let flips = rng.uint32() % 5; flips > 0; flips--)
        bytes[14 + (rng.uint32() % (bytes.length - 14))] = rng.uint32();
      // Strangers without end.
      if ((rng.uint32() & 1) !== 0) bytes[37] = rng.uint32();
      if ((rng.uint32() & 7) === 0) bytes[36] = rng.uint32();
      if ((rng.uint32() & 15) === 0) bytes = bytes.slice(0, rng.uint32() % (bytes.length + 1));
      else if ((rng.uint32() & 7) !== 0) repairIpv6(bytes);
      device.deliver(bytes);
      clock.now += rng.uint32() & 15;
      poll();
    }
    const { usage, counters } = stack;
    expect(usage.connections).toBeLessThan(200);
    expect(usage.fragmentBytes).toBeLessThanOrEqual(2 * MAX_BYTES);
    expect(usage.neighbours).toBeLessThanOrEqual(MAX_NEIGHBOURS);
    expect(usage.addresses).toBeLessThan(2 * MAX_NEIGHBOURS + MAX_LOOSE + 1000);
    expect(stack.ipv6!.addresses.length + stack.ipv6!.tentative.length).toBeLessThanOrEqual(MAX_OWN_ADDRESSES);
    // The mutations got past the checksums.
    for (const reason of ["ipv6Fragment", "ipv6Malformed", "icmpUnbelieved", "ndpMalformed", "udpPort"] as const) {
      expect(counters.dropped[reason], reason).toBeGreaterThan(0);
    }
    for (let step = 0; step < 300; step++) poll(clock.now + 1000);
    deliver(templates[2]!);
    const replies = deliver(templates[0]!);
    expect(replies.some(({ next, payload }) => next === 58 && payload[0] === 129)).toBe(true);
    expect(stack.usage.fragmentBytes).toBe(0);
  });
});

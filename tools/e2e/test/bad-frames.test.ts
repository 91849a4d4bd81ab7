// Frames that no kernel would send: each is dropped, and the machine goes on serving.
import { curl, GUEST, HOST, namespacesMissing, type Serving, serves, targets } from "@soloist/tool-e2e";
import { inject } from "@soloist/tool-wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const missing = namespacesMissing();

/** xorshift32: the same garbage in every run. */
function garbage(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const ipBytes = (text: string) => text.split(".").map(Number);

/** An Ethernet frame to the guest's MAC (or broadcast) with `payload`. */
function frame(mac: readonly number[], etherType: number, payload: readonly number[]): Uint8Array {
  return Uint8Array.from([...mac, 2, 0, 0, 0, 0, 1, etherType >> 8, etherType & 255, ...payload]);
}

function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** Bytes to put in the place of others, by offset. */
type Patch = Readonly<Record<number, number>>;

const patched = (bytes: readonly number[], patch: Patch) => bytes.map((byte, at) => patch[at] ?? byte);
const address = { host: ipBytes(HOST), guest: ipBytes(GUEST) };

/** An IPv4 packet to the guest with a right checksum over its patched header. */
function ipv4(protocol: number, payload: readonly number[], patch: Patch = {}, source = address.host): number[] {
  const length = 20 + payload.length;
  const fixed = [0x45, 0, length >> 8, length & 255, 0, 1, 0, 0, 64, protocol, 0, 0];
  const header = patched([...fixed, ...source, ...address.guest], patch);
  const sum = checksum(header.slice(0, (header[0]! & 15) * 4));
  return [...patched(header, { 10: sum >> 8, 11: sum & 255 }), ...payload];
}

/** A SYN from port 12345 to port 80, patched. */
function syn(patch: Patch = {}): number[] {
  return patched([0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0], patch);
}

/** A TCP segment in IPv4 with right checksums. */
function tcp(bytes: readonly number[], source = address.host): number[] {
  const sum = checksum([...source, ...address.guest, 0, 6, bytes.length >> 8, bytes.length & 255, ...bytes]);
  return ipv4(6, patched(bytes, { 16: sum >> 8, 17: sum & 255 }), {}, source);
}

const suffix = missing ? ` (skipped: ${missing})` : "";

describe.skipIf(missing !== undefined).each(targets)(`web-server on %s${suffix}`, (target) => {
  let server: Serving;
  let mac: number[];
  beforeAll(async () => {
    server = await serves("apps/web-server", target);
    await curl(server.net, [`http://${GUEST}/hello/Ada`]);
    const neighbour = /lladdr (\S+)/.exec(server.net.ip("neigh", "show", GUEST))![1]!;
    mac = neighbour.split(":").map((part) => Number.parseInt(part, 16));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const send = (frames: readonly Uint8Array[]) => inject(`packet:tap0@${server.net.name}`, frames);
  const stillServes = async () => {
    expect(await curl(server.net, [`http://${GUEST}/hello/Ada`])).toBe("Hello Ada!\n");
    expect(server.guest.alive).toBe(true);
  };

  it("random bytes of every length", async () => {
    const next = garbage(1);
    const frames: Uint8Array[] = [];
    for (let length = 14; length <= 1514; length += 3) frames.push(Uint8Array.from({ length }, () => next() & 255));
    expect(send(frames)).toBe(frames.length);
    await stillServes();
  });

  it("random payloads behind headers that are right so far", async () => {
    const next = garbage(2);
    const random = (length: number) => Array.from({ length }, () => next() & 255);
    const frames: Uint8Array[] = [];
    for (let i = 0; i < 500; i++) {
      const length = next() % 100;
      frames.push(frame(mac, 0x0800, random(length)));
      frames.push(frame(mac, 0x0806, random(length)));
      for (const protocol of [1, 6, 17, 255]) frames.push(frame(mac, 0x0800, ipv4(protocol, random(length))));
    }
    expect(send(frames)).toBe(frames.length);
    // What ARP garbage said of the host must come right again.
    server.net.ip("neigh", "flush", "dev", "tap0");
    await stillServes();
  });

  it("IPv4 headers whose lengths lie, and fragments", async () => {
    const lies: Patch[] = [
      { 0: 0x4f }, // a header that is longer than the packet
      { 0: 0x44 }, // and one that is shorter than a header
      { 0: 0x40 },
      { 0: 0x65 }, // version 6
      { 2: 0xff, 3: 0xff },
      { 2: 0, 3: 0 },
      { 2: 0, 3: 19 },
      { 6: 0x20 }, // more fragments
      { 6: 0x1f, 7: 0xff }, // the last offset there is
    ];
    send(lies.flatMap((lie) => [1, 6, 17].map((protocol) => frame(mac, 0x0800, ipv4(protocol, syn(), lie)))));
    await stillServes();
  });

  it("TCP headers whose lengths and options lie, with every combination of flags", async () => {
    const segments: number[][] = [];
    for (let flags = 0; flags < 256; flags++) segments.push(syn({ 13: flags }));
    for (let words = 0; words < 16; words++) segments.push(syn({ 12: words << 4 }));
    const options = [
      [2, 0, 5, 180],
      [2, 1, 5, 180],
      [2, 255, 5, 180],
      [2, 4, 0, 0],
      [3, 3, 255, 0],
      [8, 10, 0, 0],
      [255, 255, 255, 255],
      [1, 1, 1, 2],
      [5, 2, 5, 2],
    ];
    for (const option of options) segments.push([...syn({ 12: 0x60 }), ...option]);
    send(segments.map((bytes) => frame(mac, 0x0800, tcp(bytes))));
    await stillServes();
  });

  it("ARP that claims to be everyone", async () => {
    const arp = (operation: number, from: string, to: string, sender = [2, 0, 0, 0, 0, 9]) =>
      frame(mac, 0x0806, [0, 1, 8, 0, 6, 4, 0, operation, ...sender, ...ipBytes(from), ...mac, ...ipBytes(to)]);
    send([
      arp(1, GUEST, GUEST),
      arp(2, GUEST, GUEST),
      arp(2, "255.255.255.255", GUEST),
      arp(1, "0.0.0.0", GUEST),
      arp(2, "224.0.0.1", GUEST, [1, 0, 0x5e, 0, 0, 1]),
      arp(3, HOST, GUEST),
      ...Array.from({ length: 2000 }, (_, index) => arp(1, `10.0.0.${index % 250}`, GUEST)),
    ]);
    // One of them claimed the host's address. The host asks anew, and the guest learns the right one from that.
    server.net.ip("neigh", "flush", "dev", "tap0");
    await stillServes();
  });

  it("a flood of connection requests that nobody finishes", async () => {
    const frames: Uint8Array[] = [];
    for (let port = 1024; port < 5024; port++) {
      // From addresses of the same network that do not answer.
      const source = [10, 0, 0, 100 + (port % 100)];
      frames.push(frame(mac, 0x0800, tcp(syn({ 0: port >> 8, 1: port & 255 }), source)));
    }
    send(frames);
    await stillServes();
  });
});

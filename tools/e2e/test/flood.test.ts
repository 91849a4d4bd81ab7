// Floods and scans of every kind, while a good client is served: all of its requests are answered, memory stays flat, and what was
// dropped is counted.
import {
  build,
  client,
  GUEST,
  Guest,
  HOST,
  Namespace,
  namespacesMissing,
  type PeerStatus,
  peerStatus,
  residentBytes,
} from "@soloist/tool-e2e";
import { flood, frames } from "@soloist/tool-wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const missing = namespacesMissing();
/** Frames of each flood at least, and requests of the good client meanwhile. */
const FRAMES = Number(process.env.SOLOIST_FLOOD ?? 4_000);
const REQUESTS = 100;
/** So many of each flood the guest has seen at least: where it stands still for a while, its queue is full and drops the others. */
const SEEN = FRAMES / 40;
/** More than the buffers, fragments and half-open connections that strangers may make a stack hold. */
const LEEWAY = 4 << 20;
/** Answers nobody. */
const SCANNER = "10.0.0.9";
const OUR_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

const suffix = missing ? ` (skipped: ${missing})` : "";

describe.skipIf(missing !== undefined)(`a good client is served during${suffix}`, () => {
  let server: { readonly net: Namespace; readonly guest: Guest };
  let mac: Uint8Array;

  beforeAll(async () => {
    const image = build("tools/e2e/apps/peer.ts", "spt");
    const net = new Namespace();
    net.tap("tap0", `${HOST}/16`);
    const args = [`--ipv4=${GUEST}/16`, `--ipv4-gateway=${HOST}`];
    const guest = Guest.boot({ target: "spt", image, namespace: net, nets: { service: "tap0" }, args });
    server = { net, guest };
    await guest.says(/listening/);
    await client(server.net, "soak", [GUEST, "sequence", 2000, 7, 8]);
    const text = /lladdr (\S+)/.exec(server.net.ip("neigh", "show", GUEST))![1]!;
    mac = Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
  });
  afterAll(async () => {
    await server.guest[Symbol.asyncDispose]();
    server.net.remove();
  });

  /** Addresses of the guest's link that nobody has. */
  const stranger = (index: number) => `10.0.0.${100 + (index % 120)}`;
  /** Everybody of the /16 that this guest's link is. */
  const neighbour = (index: number) => `10.0.${1 + ((index >> 8) & 63)}.${index & 255}`;
  const ends = (source: string) => ({ source, destination: GUEST });
  const packet = (source: string, protocol: number, payload: Uint8Array, options = {}) =>
    frames.ethernet({ from: OUR_MAC, to: mac }, 0x0800, frames.ipv4(ends(source), protocol, payload, options));
  const segment = (source: string, flags: number, index: number, port: number) =>
    packet(
      source,
      6,
      frames.tcp(ends(source), {
        from: 1024 + (index % 60_000),
        to: port,
        flags,
        seq: Math.imul(index, 0x9e3779b1) >>> 0,
        ack: Math.imul(index, 0x85ebca6b) >>> 0,
      }),
    );
  const bytes = new Uint8Array(1000).fill(0x5a);
  /** Any host beyond the gateway: what answers go to. */
  const far = (index: number) => `172.${16 + (index & 15)}.${(index >> 4) & 255}.${1 + ((index >> 12) & 127)}`;

  const kinds: [string, (index: number) => Uint8Array, (before: PeerStatus, after: PeerStatus) => void][] = [
    [
      "SYNs of many who never answer",
      (index) => segment(far(index), frames.SYN, index, 7),
      (before, after) => {
        expect(after.connections).toBeLessThan(600);
        expect(after.tcp.cookiesSent!).toBeGreaterThan(before.tcp.cookiesSent!);
      },
    ],
    [
      "resets",
      (index) => segment(stranger(index), frames.RST | frames.ACK, index, 7),
      (before, after) => expect(after.tcp.received! - before.tcp.received!).toBeGreaterThan(SEEN),
    ],
    [
      "ACKs",
      (index) => segment(stranger(index), frames.ACK, index, 7),
      (before, after) => {
        expect(after.dropped.tcpPort! - before.dropped.tcpPort!).toBeGreaterThan(SEEN);
        expect(after.dropped.rateLimit!).toBeGreaterThan(before.dropped.rateLimit!);
      },
    ],
    [
      "pings and errors about nothing",
      (index) =>
        index & 1
          ? packet(stranger(index), 1, frames.icmp(8, 0, index, bytes))
          : packet(stranger(index), 1, frames.icmp(3, 1, 0, frames.ipv4(ends(HOST), 6, bytes.subarray(0, 40)))),
      (before, after) => expect(after.dropped.icmpUnbelieved! - before.dropped.icmpUnbelieved!).toBeGreaterThan(SEEN),
    ],
    [
      "fragments whose rest never comes",
      (index) =>
        packet(stranger(index), 17, bytes, { identification: index & 0xffff, fragment: 0x2000 + (index & 7) * 125 }),
      (_before, after) => {
        expect(after.fragmentBytes).toBeGreaterThan(0);
        expect(after.fragmentBytes).toBeLessThanOrEqual(1 << 20);
      },
    ],
    [
      "ARP requests of everybody",
      (index) => frames.arp(1, Uint8Array.of(2, 1, 0, 0, index >> 8, index), neighbour(index), GUEST, mac),
      (_before, after) => expect(after.neighbours).toBeLessThanOrEqual(513),
    ],
    [
      "datagrams to every port",
      (index) => packet(stranger(index), 17, frames.udp(ends(stranger(index)), 5000, 1000 + (index % 60_000), bytes)),
      (before, after) => expect(after.dropped.udpPort! - before.dropped.udpPort!).toBeGreaterThan(SEEN),
    ],
    [
      "a scan of every TCP port",
      (index) => segment(SCANNER, [frames.SYN, 0, frames.FIN, 41][index & 3]!, index, index & 0xffff),
      (before, after) => expect(after.dropped.tcpPort! - before.dropped.tcpPort!).toBeGreaterThan(SEEN),
    ],
  ];

  it.each(kinds)("%s", async (_name, frame, check) => {
    const before = await peerStatus(server.net);
    const attack = flood(`packet:tap0@${server.net.name}`, frame, 8);
    let served = 0;
    const started = performance.now();
    let sent = 0;
    try {
      // As long as the flood takes: it is not over before the client is.
      do {
        const result = await client<{ ok: number }>(server.net, "soak", [GUEST, "sequence", REQUESTS, 7, 8]);
        expect(result).toMatchObject({ ok: REQUESTS, failed: 0 });
        served += REQUESTS;
      } while (attack.sent < FRAMES && performance.now() - started < 300_000);
    } finally {
      sent = await attack.stop();
    }
    expect(served).toBeGreaterThanOrEqual(REQUESTS);
    expect(sent).toBeGreaterThanOrEqual(FRAMES);
    const after = await peerStatus(server.net);
    check(before, after);
  });

  it("all of them at once; and memory is as it was after the first time", async () => {
    const resident = residentBytes(server.guest.pid);
    const attacks = kinds.map(([, frame]) => flood(`packet:tap0@${server.net.name}`, frame, 20));
    try {
      const result = await client(server.net, "soak", [GUEST, "sequence", REQUESTS, 7, 8]);
      expect(result).toMatchObject({ ok: REQUESTS, failed: 0 });
    } finally {
      for (const attack of attacks) await attack.stop();
    }
    expect(residentBytes(server.guest.pid) - resident).toBeLessThan(LEEWAY);
    expect(server.guest.alive).toBe(true);
  });
});

// Floods over IPv6, Neighbor Discovery among them, while a good client is served over it: all of its requests are answered, and
// what strangers make the stack remember has an end.
import {
  build,
  client,
  Guest,
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
const FRAMES = Number(process.env.SOLOIST_FLOOD ?? 500);
const REQUESTS = 40;
/** So many of each flood the guest has seen at least: where it stands still for a while, its queue is full and drops the others. */
const SEEN = FRAMES / 40;
/** Milliseconds between 64 frames: 500 a second, which a guest keeps up with on a machine that is busy with other things. */
const PAUSE = 120;
/** More than the buffers, fragments and half-open connections that strangers may make a stack hold. */
const LEEWAY = 4 << 20;
const CLIENT = "2001:db8::1";
const OURS = "2001:db8::2";
const ALL_NODES = "ff02::1";
const GATEWAY = "fe80::1";
const OUR_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

const suffix = missing ? ` (skipped: ${missing})` : "";

describe.skipIf(missing !== undefined)(`over IPv6 a good client is served during${suffix}`, () => {
  let net: Namespace;
  let guest: Guest;
  let mac: Uint8Array;

  beforeAll(async () => {
    const image = build("tools/e2e/apps/peer.ts", "spt");
    net = new Namespace();
    net.tap("tap0");
    net.allowIpv6("tap0", `${CLIENT}/64`);
    net.ip("-6", "addr", "add", `${GATEWAY}/64`, "dev", "tap0", "nodad");
    const args = ["--ipv4=off", `--ipv6=${OURS}/64`, `--ipv6-gateway=${GATEWAY}`];
    guest = Guest.boot({ target: "spt", image, namespace: net, nets: { service: "tap0" }, args });
    await guest.says(/listening/);
    await client(net, "soak", [OURS, "sequence", 300, 7, 8]);
    const text = /lladdr (\S+)/.exec(net.ip("-6", "neigh", "show", OURS))![1]!;
    mac = Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
  });
  afterAll(async () => {
    await guest?.[Symbol.asyncDispose]();
    net?.remove();
  });

  const status = () => peerStatus(net, OURS);
  const low = (index: number) => (index & 0xffff).toString(16);
  /** On the link, nobody. */
  const stranger = (index: number) => `2001:db8::${low(index >> 16)}:${low(index + 0x100)}`;
  /** Beyond the gateway: what answers go to. */
  const far = (index: number) => `2001:db8:1::${low(index + 0x100)}`;
  const router = (index: number) => `fe80::1:${low(index)}`;
  const ends = (source: string, destination = OURS) => ({ source, destination });
  const toUs = (source: string, next: number, payload: Uint8Array) =>
    frames.ethernet({ from: OUR_MAC, to: mac }, 0x86dd, frames.ipv6(ends(source), next, payload));
  /** Neighbor Discovery is believed with the largest hop limit only. */
  const ndp = (source: string, type: number, body: readonly number[], destination = OURS) => {
    const to = destination === ALL_NODES ? Uint8Array.of(0x33, 0x33, 0, 0, 0, 1) : mac;
    const both = ends(source, destination);
    const message = frames.icmpv6(both, type, 0, body);
    return frames.ethernet({ from: OUR_MAC, to }, 0x86dd, frames.ipv6(both, 58, message, 255));
  };
  const segment = (source: string, flags: number, index: number, port = 7) =>
    toUs(
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
  const link = (type: number, index: number) => [type, 1, 2, 7, 0, 0, (index >> 8) & 255, index & 255];
  const bytes = new Uint8Array(1000).fill(0x5a);
  const ours = [...frames.ipv6Bytes(OURS)];

  const kinds: [string, (index: number) => Uint8Array, (before: PeerStatus, after: PeerStatus) => void][] = [
    [
      "SYNs of many who never answer",
      (index) => segment(far(index), frames.SYN, index),
      (before, after) => {
        expect(after.connections).toBeLessThan(600);
        expect(after.tcp.cookiesSent!).toBeGreaterThan(before.tcp.cookiesSent!);
      },
    ],
    [
      "SYNs of many on the link who are nobody",
      (index) => segment(stranger(index), frames.SYN, index),
      (before, after) => {
        expect(after.connections).toBeLessThan(600);
        expect(after.neighbours).toBeLessThanOrEqual(513);
        expect(after.tcp.received! - before.tcp.received!).toBeGreaterThan(SEEN);
      },
    ],
    [
      "resets and ACKs",
      (index) => segment(stranger(index), index & 1 ? frames.RST | frames.ACK : frames.ACK, index),
      (before, after) => expect(after.tcp.received! - before.tcp.received!).toBeGreaterThan(SEEN),
    ],
    [
      "a scan of every TCP port",
      (index) => segment(stranger(9), [frames.SYN, 0, frames.FIN, 41][index & 3]!, index, index & 0xffff),
      (before, after) => expect(after.dropped.tcpPort! - before.dropped.tcpPort!).toBeGreaterThan(SEEN),
    ],
    [
      "pings and errors about nothing",
      (index) => {
        const both = ends(stranger(index));
        const quoted = frames.ipv6(ends(OURS, stranger(index)), 6, bytes.subarray(0, 40));
        return toUs(
          both.source,
          58,
          index & 1 ? frames.icmpv6(both, 128, 0, bytes) : frames.icmpv6(both, 1, 3, [0, 0, 0, 0, ...quoted]),
        );
      },
      (before, after) => expect(after.dropped.icmpUnbelieved! - before.dropped.icmpUnbelieved!).toBeGreaterThan(SEEN),
    ],
    [
      "fragments whose rest never comes",
      (index) => {
        const offset = (index & 7) * 125 * 8 + 1;
        const header = [17, 0, offset >> 8, offset & 255, 0, 0, (index >> 8) & 255, index & 255];
        return toUs(stranger(index), 44, Uint8Array.from([...header, ...bytes]));
      },
      (_before, after) => {
        expect(after.fragmentBytes).toBeGreaterThan(0);
        expect(after.fragmentBytes).toBeLessThanOrEqual(1 << 20);
      },
    ],
    [
      "neighbour solicitations of everybody",
      (index) => ndp(stranger(index), 135, [0, 0, 0, 0, ...ours, ...link(1, index)]),
      (_before, after) => expect(after.neighbours).toBeLessThanOrEqual(513),
    ],
    [
      "neighbour advertisements that nobody asked for",
      (index) => {
        const target = [...frames.ipv6Bytes(stranger(index))];
        return ndp(stranger(index), 136, [0x20, 0, 0, 0, ...target, ...link(2, index)], ALL_NODES);
      },
      (_before, after) => expect(after.neighbours).toBeLessThanOrEqual(513),
    ],
    [
      "advertisements of routers, each with a prefix of its own",
      (index) => {
        const prefix = [0x20, 1, 0x0d, 0xb9, 0, 0, (index >> 8) & 255, index & 255, 0, 0, 0, 0, 0, 0, 0, 0];
        const times = [0, 0, 0x70, 0x80, 0, 0, 0x70, 0x80, 0, 0, 0, 0];
        const information = [3, 4, 64, 0xc0, ...times, ...prefix];
        return ndp(
          router(index),
          134,
          [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, ...link(1, index), ...information],
          ALL_NODES,
        );
      },
      (_before, after) => expect(after.addresses).toBeLessThan(4096),
    ],
    [
      "redirects, and listener queries",
      (index) =>
        index & 1
          ? ndp(router(1), 137, [0, 0, 0, 0, ...frames.ipv6Bytes(router(2)), ...frames.ipv6Bytes(stranger(index))])
          : ndp(router(index), 130, [0, 100, ...new Array<number>(22).fill(0)], ALL_NODES),
      (_before, after) => expect(after.addresses).toBeLessThan(4096),
    ],
    [
      "headers behind headers, and options that nobody knows",
      (index) => {
        const option = [0x1e, 0x5e, 0x9e, 0xde][index & 3]!;
        const chain = [60, 0, 1, 4, 0, 0, 0, 0, 43, 0, option, 4, 0, 0, 0, 0, 17, 0, 0, 9, 0, 0, 0, 0];
        return toUs(stranger(index), 60, Uint8Array.from([...chain, ...bytes.subarray(0, 64)]));
      },
      (before, after) => expect(after.dropped.ipv6Malformed!).toBeGreaterThan(before.dropped.ipv6Malformed!),
    ],
    [
      "datagrams to every port",
      (index) => toUs(stranger(index), 17, frames.udp(ends(stranger(index)), 5000, 1000 + (index % 60_000), bytes)),
      (before, after) => expect(after.dropped.udpPort! - before.dropped.udpPort!).toBeGreaterThan(SEEN),
    ],
  ];

  const serve = async () => {
    const result = await client(net, "soak", [OURS, "sequence", REQUESTS, 7, 8]);
    expect(result).toMatchObject({ ok: REQUESTS, failed: 0 });
  };

  it.each(kinds)("%s", async (_name, frame, check) => {
    const before = await status();
    const attack = flood(`packet:tap0@${net.name}`, frame, PAUSE);
    const started = performance.now();
    let sent = 0;
    try {
      do await serve();
      while (attack.sent < FRAMES && performance.now() - started < 300_000);
    } finally {
      sent = await attack.stop();
    }
    expect(sent).toBeGreaterThanOrEqual(FRAMES);
    check(before, await status());
  });

  it("all of them at once; and memory is as it was after the first time", async () => {
    const resident = residentBytes(guest.pid);
    const attacks = kinds.map(([, frame]) => flood(`packet:tap0@${net.name}`, frame, 4 * PAUSE));
    try {
      await serve();
    } finally {
      for (const attack of attacks) await attack.stop();
    }
    expect(residentBytes(guest.pid) - resident).toBeLessThan(LEEWAY);
    expect(guest.alive).toBe(true);
  });
});

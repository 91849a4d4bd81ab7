import { byteHelpers, pattern, readAll, Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type Stack, stack, type TcpSocketOptions } from "../src/index.ts";

const SYN = 2;

interface Seen {
  readonly flags: number;
  /** The two bits of ECN in the IP header. */
  readonly ecn: number;
  readonly length: number;
  readonly timestamps: boolean;
}

function tcp(frame: Uint8Array): Seen | undefined {
  if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== 6) return undefined;
  const header = (frame[46]! >> 4) << 2;
  let timestamps = false;
  for (let at = 54; at + 1 < 34 + header && frame[at] !== 0; at += frame[at] === 1 ? 1 : Math.max(frame[at + 1]!, 2)) {
    if (frame[at] === 8) timestamps = true;
  }
  const length = ((frame[16]! << 8) | frame[17]!) - 20 - header;
  return { flags: frame[47]!, ecn: frame[15]! & 3, length, timestamps };
}

/** 200,000 bytes from the client to the server; returns what was on the wire and both stacks. */
async function transfer(
  server: TcpSocketOptions,
  client: TcpSocketOptions,
  onFrame: (frame: Uint8Array, seen: Seen, from: number) => boolean = () => true,
  link = {},
): Promise<{ seen: Seen[]; a: Stack; b: Stack }> {
  const simulation = new Simulation({ delay: 5, ...link });
  const seen: Seen[] = [];
  simulation.filter = (frame, from) => {
    const segment = tcp(frame);
    if (segment === undefined) return true;
    seen.push(segment);
    return onFrame(frame, segment, from);
  };
  const data = pattern(200_000, 1);
  return simulation.run(
    (async () => {
      const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
      const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
      const listener = a.tcp.listen({ port: 7, ...server });
      const serve = async () => {
        const flow = (await listener.accept())!;
        const received = await readAll(flow);
        await flow.close();
        return received;
      };
      const served = serve();
      const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7, ...client });
      await flow.write(data);
      await flow.close();
      expect(Buffer.compare(await served, data)).toBe(0);
      return { seen, a, b };
    })(),
    60_000,
  );
}

describe("what both ends agree on", () => {
  it("timestamps are in every segment when both want them, and in none otherwise", async () => {
    const both = await transfer({ timestamps: true }, { timestamps: true });
    expect(both.seen.every(({ timestamps }) => timestamps)).toBe(true);
    expect(both.seen.every(({ length }) => length <= 1448)).toBe(true);
    const one = await transfer({}, { timestamps: true });
    expect(one.seen.filter(({ timestamps }) => timestamps).every(({ flags }) => flags === SYN)).toBe(true);
    const neither = await transfer({}, {});
    expect(neither.seen.some(({ timestamps }) => timestamps)).toBe(false);
  });
  it("timestamps survive loss, reordering and duplicates", async () => {
    const link = { loss: 0.05, reorder: 0.1, duplicate: 0.05 };
    const { seen } = await transfer({ timestamps: true }, { timestamps: true }, undefined, link);
    expect(seen.every(({ timestamps, flags }) => timestamps || (flags & 4) !== 0)).toBe(true);
  });
  it("ECN: data may be marked, nothing else; and a marked transfer slows down without losing anything", async () => {
    let frames = 0;
    const { seen, a, b } = await transfer({}, { ecn: true }, (frame, { ecn }) => {
      if (ecn === 2 && ++frames % 40 === 0) {
        frame[15] = frame[15]! | 3;
        frame[24] = 0;
        frame[25] = 0;
        const sum = ~byteHelpers.checksum(frame, 14, 20, 0);
        frame[24] = sum >> 8;
        frame[25] = sum;
      }
      return true;
    });
    expect(frames).toBeGreaterThan(100);
    expect(seen.every(({ ecn, length }) => ecn === 0 || length > 0)).toBe(true);
    expect(b.counters.tcp.congestionMarks).toBeGreaterThan(0);
    expect(a.counters.tcp.retransmitted + b.counters.tcp.retransmitted).toBe(0);
  });
  it("ECN: a server that does not want it is not spoken to in it, and a path that loses who asks is crossed", async () => {
    const { seen } = await transfer({ ecn: false }, { ecn: true });
    expect(seen.every(({ ecn }) => ecn === 0)).toBe(true);
    const asking = SYN | 0xc0;
    const other = await transfer({}, { ecn: true }, (_, { flags }) => flags !== asking);
    expect(other.seen.some(({ flags }) => flags === asking)).toBe(true);
  });
  it("a connection by way of a cookie has timestamps, too, when both want them", async () => {
    const simulation = new Simulation({ delay: 1 });
    await simulation.run(
      (async () => {
        const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
        const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
        const listener = a.tcp.listen({ port: 7, backlog: 1, timestamps: true });
        const connect = (timestamps: boolean) => b.tcp.connect({ address: "10.0.0.1", port: 7, timestamps });
        // The first one's handshake never ends: its SYN-ACKs are lost.
        let lost = 0;
        const seen: Seen[] = [];
        simulation.filter = (frame, from) => {
          const segment = tcp(frame);
          if (segment === undefined) return true;
          const port = (frame[from === 0 ? 36 : 34]! << 8) | frame[from === 0 ? 37 : 35]!;
          if (lost === 0) lost = port;
          if (port !== lost) seen.push(segment);
          return from === 1 || port !== lost;
        };
        connect(true).catch(() => undefined);
        for (const timestamps of [true, false]) {
          seen.length = 0;
          const [flow, served] = await Promise.all([connect(timestamps), listener.accept()]);
          const data = pattern(50_000, 2);
          const received = readAll(served!);
          await flow.write(data);
          flow.shutdown();
          expect(Buffer.compare(await received, data)).toBe(0);
          expect(seen.every((segment) => segment.timestamps === timestamps)).toBe(true);
          flow.abort();
          served!.abort();
        }
        expect(a.counters.tcp.cookiesTaken).toBe(2);
      })(),
      60_000,
    );
  });
});

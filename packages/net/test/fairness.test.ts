import { Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type Stack, stack, type TcpSocketOptions } from "../src/index.ts";

type Congestion = NonNullable<TcpSocketOptions["congestion"]>;

/**
 * What each of `kinds` gets of 1.25 MB/s that they share for half a minute, at a round trip of 40 ms, in front of a queue of `queue`
 * frames: kilobytes a second. A round trip's worth is 34 frames.
 */
async function shares(kinds: Congestion[], queue: number): Promise<number[]> {
  const simulation = new Simulation({ seed: 3, rate: 1_250_000, delay: 20, queue });
  const received = kinds.map(() => 0);
  const buffer = new Uint8Array(1 << 20);
  const read = async (a: Stack) => {
    for await (const flow of a.tcp.listen({ port: 7 })) {
      void (async () => {
        let kind = -1;
        for (;;) {
          const length = flow.readInto(buffer, 0);
          if (length < 0) break;
          if (length > 0 && kind < 0) kind = buffer[0]!;
          if (length > 0) received[kind] = received[kind]! + length;
          else await flow.whenReadable();
        }
      })();
    }
  };
  const write = async (b: Stack, congestion: Congestion, kind: number) => {
    const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7, congestion });
    const data = new Uint8Array(65_536).fill(kind);
    for (;;) await flow.write(data);
  };
  await simulation.run(
    (async () => {
      const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
      const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
      void read(a);
      for (const [kind, congestion] of kinds.entries()) void write(b, congestion, kind);
    })(),
  );
  await simulation.pass(5_000);
  const before = received.slice();
  await simulation.pass(30_000);
  return received.map((length, kind) => (length - before[kind]!) / 30_000);
}

describe("connections that share a queue", () => {
  const all: Congestion[] = ["westwood", "cubic", "newReno"];
  for (const kind of all) {
    it(`two of ${kind} share alike, and leave nothing unused`, async () => {
      for (const queue of [10, 35]) {
        const [one, other] = (await shares([kind, kind], queue)) as [number, number];
        expect(one + other).toBeGreaterThan(1050);
        expect(Math.min(one, other)).toBeGreaterThan(400);
      }
    });
  }
  it("the default leaves CUBIC what is its own, one against one and three against one", async () => {
    for (const queue of [10, 35]) {
      const [, cubic] = (await shares(["westwood", "cubic"], queue)) as [number, number];
      expect(cubic).toBeGreaterThan(350);
      const rates = await shares(["cubic", "westwood", "westwood", "westwood"], queue);
      expect(rates[0]).toBeGreaterThan(150);
    }
  });
  it("nobody sends a lost segment into a full queue again and again", async () => {
    // One recovery behind another: what had arrived beyond the hole once counted as being on its way.
    const [cubic, reno] = (await shares(["cubic", "newReno"], 10)) as [number, number];
    expect(reno).toBeGreaterThan(200);
    expect(cubic).toBeLessThan(950);
  });
});

import { pattern, Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { stack, type TcpSocketOptions } from "../src/index.ts";

const SIZE = 10 * 1024 * 1024;
const data = pattern(SIZE, 1);

/** Bytes a second of 10 MiB one way at a round trip of 100 ms. */
async function rate(loss: number, seed: number, options: TcpSocketOptions): Promise<number> {
  const simulation = new Simulation({ seed, loss, delay: 50 });
  let began = 0;
  await simulation.run(
    (async () => {
      const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
      const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
      began = simulation.now;
      const listener = a.tcp.listen({ port: 7, ...options });
      const receive = async () => {
        const flow = (await listener.accept())!;
        const received = new Uint8Array(SIZE);
        let length = 0;
        for (;;) {
          const taken = flow.readInto(received, length);
          if (taken < 0) break;
          length += taken;
          if (taken === 0) await flow.whenReadable();
        }
        expect(length).toBe(SIZE);
        expect(Buffer.compare(received, data)).toBe(0);
      };
      const received = receive();
      const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7, ...options });
      await flow.write(data);
      flow.shutdown();
      await received;
    })(),
    7 * 24 * 3_600_000,
  );
  return (SIZE / (simulation.now - began)) * 1000;
}

describe("10 MiB at a round trip of 100 ms", () => {
  // What smoltcp, which has no congestion control by default, commits for the same link and buffers.
  const smoltcp: [number, number][] = [
    [0, 322_945],
    [0.001, 314_780],
    [0.01, 219_671],
    [0.02, 166_587],
    [0.05, 76_626],
    [0.1, 37_775],
    [0.2, 6_079],
    [0.3, 1_156],
  ];
  const buffers = { receiveBuffer: 32 * 1024, sendBuffer: 32 * 1024 };
  for (const [loss, least] of smoltcp) {
    it(`with 32 KiB buffers and ${loss * 100} % loss each way is no slower than smoltcp`, async () => {
      for (let seed = 1; seed <= 3; seed++) expect(await rate(loss, seed, buffers)).toBeGreaterThanOrEqual(least);
    });
  }

  it("CUBIC and NewReno take losses for congestion: slower, but every byte is right", async () => {
    expect(await rate(0.01, 1, { ...buffers, congestion: "cubic" })).toBeGreaterThan(150_000);
    expect(await rate(0.01, 1, { ...buffers, congestion: "newReno" })).toBeGreaterThan(120_000);
    expect(await rate(0.1, 1, { ...buffers, congestion: "cubic" })).toBeGreaterThan(37_775);
  });

  it("with the buffers as they come is far above that", async () => {
    expect(await rate(0, 1, {})).toBeGreaterThan(1_000_000);
    expect(await rate(0.01, 1, {})).toBeGreaterThan(373_000);
    expect(await rate(0.05, 1, {})).toBeGreaterThan(138_000);
  });
});

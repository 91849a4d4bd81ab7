import { pattern, readAll, Simulation, type SimulationOptions } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type Stack, stack } from "../src/index.ts";

async function twoStacks(simulation: Simulation): Promise<[Stack, Stack]> {
  const a = stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
  const b = stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
  return Promise.all([a, b]);
}

/** Bytes both ways at once over a bad cable; every one must be right, and both sides must end regularly. */
async function exchange(options: SimulationOptions, length: number, limit: number): Promise<number> {
  const simulation = new Simulation(options);
  const up = pattern(length, 1);
  const down = pattern(length, 2);
  await simulation.run(
    (async () => {
      const [a, b] = await twoStacks(simulation);
      const listener = a.tcp.listen({ port: 7 });
      const serve = async () => {
        const flow = (await listener.accept())!;
        const received = readAll(flow);
        await flow.write(down);
        flow.shutdown();
        expect(Buffer.compare(await received, up)).toBe(0);
        await flow.close();
      };
      const use = async () => {
        const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7 });
        const received = readAll(flow);
        await flow.write(up);
        flow.shutdown();
        expect(Buffer.compare(await received, down)).toBe(0);
        await flow.close();
      };
      await Promise.all([serve(), use()]);
    })(),
    limit,
  );
  return simulation.now;
}

const bad: Record<string, SimulationOptions> = {
  "a clean cable": {},
  "a slow cable": { rate: 125_000, delay: 20, queue: 20 },
  "2 % loss": { loss: 0.02, delay: 5 },
  "10 % loss": { loss: 0.1, delay: 5 },
  "20 % loss": { loss: 0.2, delay: 5 },
  "10 % duplicated": { duplicate: 0.1, delay: 5 },
  "20 % reordered": { reorder: 0.2, delay: 5 },
  "jitter that reorders nearly everything": { jitter: 10, delay: 5 },
  "5 % corrupted": { corrupt: 0.05, delay: 5 },
  "everything at once": { loss: 0.05, duplicate: 0.05, reorder: 0.1, corrupt: 0.02, jitter: 3, delay: 5 },
  "a small MTU with loss": { mtu: 576, loss: 0.05, delay: 2 },
  "a receive queue of 8 frames": { rxQueue: 8, delay: 1 },
};

describe("two stacks on a bad cable", () => {
  for (const [name, options] of Object.entries(bad)) {
    it(`every byte arrives over ${name}`, async () => {
      for (let seed = 1; seed <= 4; seed++) await exchange({ ...options, seed }, 150_000, 900_000);
    });
  }

  it("many short connections survive 10 % loss", async () => {
    const simulation = new Simulation({ seed: 5, loss: 0.1, delay: 2 });
    await simulation.run(
      (async () => {
        const [a, b] = await twoStacks(simulation);
        const listener = a.tcp.listen({ port: 80 });
        void (async () => {
          for await (const flow of listener) {
            void (async () => {
              const request = await flow.read();
              await flow.write(request!);
              await flow.close();
            })();
          }
        })();
        for (let round = 0; round < 10; round++) {
          await Promise.all(
            Array.from({ length: 20 }, async (_, index) => {
              const flow = await b.tcp.connect({ address: "10.0.0.1", port: 80 });
              await flow.write(`request ${round} ${index}`);
              flow.shutdown();
              expect(new TextDecoder().decode(await readAll(flow))).toBe(`request ${round} ${index}`);
              await flow.close();
            }),
          );
        }
      })(),
      900_000,
    );
  });

  it("2 MiB at a round trip of 100 ms with 32 KiB buffers are no slower than they were", async () => {
    // Loss each way, and bytes a second, a little below what was measured: 306,154, 115,546 and 48,919.
    const floor: [number, number][] = [
      [0, 300_000],
      [0.01, 110_000],
      [0.05, 45_000],
    ];
    for (const [loss, least] of floor) {
      const simulation = new Simulation({ seed: 3, loss, delay: 50 });
      const data = pattern(2 * 1024 * 1024, 1);
      await simulation.run(
        (async () => {
          const [a, b] = await twoStacks(simulation);
          const buffers = { receiveBuffer: 32 * 1024, sendBuffer: 32 * 1024 };
          const listener = a.tcp.listen({ port: 7, ...buffers });
          const received = listener.accept().then((flow) => readAll(flow!));
          const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7, ...buffers });
          await flow.write(data);
          flow.shutdown();
          expect(Buffer.compare(await received, data)).toBe(0);
        })(),
        3_600_000,
      );
      const rate = (data.length / simulation.now) * 1000;
      expect(rate).toBeGreaterThan(least);
    }
  });
});

import { pattern, readAll, Simulation } from "@soloist/testing";
import { expect, it } from "vitest";
import { stack } from "../src/index.ts";
import { LEAST_LIMIT } from "../src/tcp/limits.ts";

it("with its memory spent the stack serves everybody slowly, and nobody is stuck", async () => {
  const simulation = new Simulation({ delay: 1, loss: 0.01 });
  const data = pattern(300_000, 2);
  const small = stack({ memory: 100_000 });
  const opened = await simulation.run(
    (async () => {
      const a = await small.open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
      const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
      const listener = a.tcp.listen({ port: 7 });
      let most = 0;
      void (async () => {
        for await (const flow of listener) {
          void (async () => {
            for (let chunk = await flow.read(); chunk !== undefined; chunk = await flow.read()) {
              most = Math.max(most, a.usage.bufferBytes);
              await flow.write(chunk);
            }
            await flow.close();
          })();
        }
      })();
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7 });
          const received = readAll(flow);
          await flow.write(data);
          flow.shutdown();
          expect(Buffer.compare(await received, data)).toBe(0);
          await flow.close();
        }),
      );
      // A quarter more than the budget, the last ring that was asked for before, and a little for each connection.
      expect(most).toBeGreaterThan(100_000);
      expect(most).toBeLessThan(125_000 + 64 * 1024 + 20 * 2 * LEAST_LIMIT);
      return [a, b];
    })(),
    3_600_000,
  );
  await simulation.pass(130_000);
  for (const { usage } of opened) expect(usage).toMatchObject({ connections: 0, bufferBytes: 0 });
});

it("with its memory spent the stack takes no new connections, and goes on with the old ones", async () => {
  const simulation = new Simulation({ delay: 1 });
  await simulation.run(
    (async () => {
      const a = await stack({ memory: 10_000 }).open(
        simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }),
      );
      const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
      const listener = a.tcp.listen({ port: 7 });
      const connect = (timeout: number) => b.tcp.connect({ address: "10.0.0.1", port: 7, timeout });
      const [old, served] = await Promise.all([connect(1000), listener.accept()]);
      const data = pattern(20_000, 2);
      const written = old.write(data);
      await expect(connect(500)).rejects.toMatchObject({ code: "ETIMEDOUT" });
      const received = readAll(served!);
      await written;
      old.shutdown();
      expect(Buffer.compare(await received, data)).toBe(0);
      await Promise.all([connect(2000), listener.accept()]);
    })(),
    60_000,
  );
});

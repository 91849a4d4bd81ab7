import { pattern, readAll, Simulation } from "@soloist/testing";
import { expect, it } from "vitest";
import { stack } from "../src/index.ts";

it("with the backlog full of handshakes nobody finishes, others are served by way of cookies", async () => {
  const simulation = new Simulation({ delay: 1 });
  await simulation.run(
    (async () => {
      const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
      const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
      const listener = a.tcp.listen({ port: 7, backlog: 2 });
      const connect = () => b.tcp.connect({ address: "10.0.0.1", port: 7 });
      await Promise.all([connect(), listener.accept()]);
      // What the server sends to the next two is lost: they fill its backlog, and the third has no place in it.
      const lost = new Set<number>();
      simulation.filter = (frame, from) => {
        const port = (at: number) => (frame[at]! << 8) | frame[at + 1]!;
        if (from === 1 && frame[47] === 2 && lost.size < 2) lost.add(port(34));
        return from === 1 || !lost.has(port(36));
      };
      void Promise.allSettled([connect(), connect()]);
      const [flow, served] = await Promise.all([connect(), listener.accept()]);
      expect(a.counters.tcp.cookiesTaken).toBe(1);
      const data = pattern(300_000, 1);
      const received = readAll(served!);
      await flow.write(data);
      flow.shutdown();
      expect(Buffer.compare(await received, data)).toBe(0);
      await served!.close();
    })(),
    60_000,
  );
});

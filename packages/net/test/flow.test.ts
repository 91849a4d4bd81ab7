import { flowSuite, Simulation } from "@soloist/testing";
import { describe, it } from "vitest";
import { stack } from "../src/index.ts";

describe("flows of TCP", () => {
  const suite = flowSuite(async (use) => {
    const simulation = new Simulation({ seed: 1 });
    await simulation.run(
      (async () => {
        const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
        const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
        const listener = a.tcp.listen({ port: 7 });
        const connect = () => b.tcp.connect({ address: "10.0.0.1", port: 7 });
        const [client, server] = await Promise.all([connect(), listener.accept()]);
        await use({ listener, client, server: server!, connect });
      })(),
    );
  });
  for (const { name, run } of suite) it(name, run);
});

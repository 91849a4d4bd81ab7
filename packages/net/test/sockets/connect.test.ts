import { checkCode, Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { ATTEMPT_DELAY } from "../../src/dns/happy-eyeballs.ts";
import type { Stack } from "../../src/index.ts";
import { a } from "../dns/network.ts";
import { HOST_A, HOST_B, open, serveDns } from "./servers.ts";

const A = 0x0a000001;
/** On the network of both, and nobody's. */
const NOBODY = 0x0a000063;

async function withServer(use: (client: Stack, server: Stack, simulation: Simulation) => Promise<void>): Promise<void> {
  const simulation = new Simulation({ seed: 1, delay: 1 });
  await simulation.run(
    (async () => {
      const server = await open(simulation, HOST_A);
      const client = await open(simulation, HOST_B, { dns: HOST_A });
      serveDns(server, [
        a("one.example", A),
        a("second.example", NOBODY),
        a("second.example", A),
        a("nobody.example", NOBODY),
      ]);
      await use(client, server, simulation);
    })(),
  );
}

describe("tcp.connect to a name", () => {
  it("connects to its address", () =>
    withServer(async ({ tcp }, server) => {
      const listener = server.tcp.listen({ port: 7 });
      const flow = await tcp.connect({ host: "one.example", port: 7 });
      expect(flow.remote).toEqual({ address: HOST_A, port: 7 });
      await flow.write("hello");
      const accepted = (await listener.accept())!;
      expect(new TextDecoder().decode(await accepted.read())).toBe("hello");
    }));
  it("takes an address for a name too", () =>
    withServer(async ({ tcp, dns }, server) => {
      server.tcp.listen({ port: 7 });
      expect((await tcp.connect({ host: HOST_A, port: 7 })).remote.address).toBe(HOST_A);
      expect(dns.counters.queries).toBe(0);
    }));
  it("tries the next address 250 ms later, while the first is silent, and drops the loser", () =>
    withServer(async (client, server, simulation) => {
      server.tcp.listen({ port: 7 });
      const before = simulation.now;
      const flow = await client.tcp.connect({ host: "second.example", port: 7 });
      expect(flow.remote.address).toBe(HOST_A);
      expect(simulation.now - before).toBeGreaterThanOrEqual(ATTEMPT_DELAY);
      expect(simulation.now - before).toBeLessThan(ATTEMPT_DELAY + 20);
      expect(client.usage.connections).toBe(1);
    }));
  it("rejects as the last address did: refused, or no such name", () =>
    withServer(async ({ tcp }) => {
      await checkCode("ECONNREFUSED", () => tcp.connect({ host: "one.example", port: 9 }));
      await checkCode("ENOTFOUND", () => tcp.connect({ host: "missing.example", port: 9 }));
      await checkCode("EINVAL", () => tcp.connect({ host: "one.example", port: 0 }));
    }));
  it("has one time-out for everything, and ends when its signal says so", () =>
    withServer(async (client, _server, simulation) => {
      const { tcp } = client;
      const before = simulation.now;
      await checkCode("ETIMEDOUT", () => tcp.connect({ host: "nobody.example", port: 7, timeout: 400 }));
      expect(simulation.now - before).toBeCloseTo(400, -1);
      const controller = new AbortController();
      const connecting = tcp.connect({ host: "one.example", port: 7, signal: controller.signal });
      controller.abort("enough");
      await expect(connecting).rejects.toBe("enough");
      expect(client.usage.connections).toBe(0);
    }));
});

import { checkCode, Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { ATTEMPT_DELAY, RESOLUTION_DELAY } from "../../src/dns/happy-eyeballs.ts";
import type { Stack } from "../../src/index.ts";
import { parseIpv6 } from "../../src/wire/ipv6-address.ts";
import { a } from "../dns/network.ts";
import { serveDns } from "../sockets/servers.ts";
import { open } from "./stacks.ts";

const A = 0x0a000001;
const NOBODY = 0x0a000063;
const aaaa = (name: string, address: string) =>
  ({ name, class: 1, ttl: 60, type: "AAAA", address: parseIpv6(address)! }) as const;

const ZONE = [
  a("both.example", A),
  aaaa("both.example", "2001:db8::1"),
  a("four.example", A),
  aaaa("six.example", "2001:db8::1"),
  a("broken.example", A),
  aaaa("broken.example", "2001:db8::99"),
  a("refused.example", NOBODY),
  aaaa("refused.example", "2001:db8::1"),
];

async function withServer(
  parameters: Record<string, string>,
  use: (client: Stack, server: Stack, simulation: Simulation) => Promise<void>,
): Promise<void> {
  const simulation = new Simulation({ seed: 1, delay: 1 });
  await simulation.run(
    (async () => {
      const server = await open(simulation, { ipv4: "10.0.0.1/24", ipv6: "2001:db8::1/64" });
      // Both addresses of the server are in use once one over IPv6 alone is.
      await open(simulation, { ipv4: "off", ipv6: "2001:db8::42/64" });
      const client = await open(simulation, parameters);
      if (parameters.ipv4 !== "off") await open(simulation, { ipv4: "off", ipv6: "2001:db8::43/64" });
      serveDns(server, ZONE);
      server.tcp.listen({ port: 7 });
      await use(client, server, simulation);
    })(),
  );
}

const BOTH = { ipv4: "10.0.0.2/24", ipv6: "2001:db8::2/64", dns: "10.0.0.1" };

describe("names with addresses of both families", () => {
  it("are looked up in both where the stack has both, IPv6 first", () =>
    withServer(BOTH, async ({ dns }) => {
      const found = await dns.lookup("both.example");
      expect(found).toEqual([
        { address: "2001:db8::1", family: 6 },
        { address: "10.0.0.1", family: 4 },
      ]);
      expect(await dns.lookup("four.example")).toEqual([{ address: "10.0.0.1", family: 4 }]);
      expect(await dns.lookup("both.example", { family: 4 })).toEqual([{ address: "10.0.0.1", family: 4 }]);
      expect((await dns.lookup("localhost")).map(({ address }) => address)).toEqual(["127.0.0.1", "::1"]);
    }));
  it("and in one where it has one", async () => {
    await withServer({ ...BOTH, ipv6: "off" }, async ({ dns }) => {
      expect(await dns.lookup("both.example")).toEqual([{ address: "10.0.0.1", family: 4 }]);
      await checkCode("ENOTFOUND", () => dns.lookup("six.example"));
    });
    await withServer({ ipv4: "off", ipv6: "2001:db8::2/64", dns: "2001:db8::1" }, async ({ dns }) => {
      expect(await dns.lookup("both.example")).toEqual([{ address: "2001:db8::1", family: 6 }]);
      expect(dns.servers).toEqual(["2001:db8::1"]);
      expect(dns.counters.queries).toBeGreaterThan(0);
    });
  });
  it("connections prefer IPv6", () =>
    withServer(BOTH, async ({ tcp }) => {
      expect((await tcp.connect({ host: "both.example", port: 7 })).remote.address).toBe("2001:db8::1");
      expect((await tcp.connect({ host: "four.example", port: 7 })).remote.address).toBe("10.0.0.1");
      expect((await tcp.connect({ host: "2001:db8::1", port: 7 })).remote.address).toBe("2001:db8::1");
      await checkCode("ECONNREFUSED", () => tcp.connect({ host: "six.example", port: 9 }));
    }));
  it("an address that is silent costs 250 ms, and the other family is next", () =>
    withServer(BOTH, async ({ tcp }, _server, simulation) => {
      const before = simulation.now;
      const flow = await tcp.connect({ host: "broken.example", port: 7 });
      expect(flow.remote.address).toBe("10.0.0.1");
      expect(simulation.now - before).toBeGreaterThanOrEqual(ATTEMPT_DELAY);
      expect(simulation.now - before).toBeLessThan(ATTEMPT_DELAY + 30);
    }));
  it("when the AAAA answer does not come, A waits 50 ms for it", () =>
    withServer(BOTH, async ({ tcp }, _server, simulation) => {
      // The question for AAAA: its type is the last but one word of the query.
      simulation.filter = (frame) => !(frame[23] === 17 && frame[37] === 53 && frame.join().includes(",0,28,0,1,"));
      const before = simulation.now;
      const flow = await tcp.connect({ host: "both.example", port: 7 });
      expect(flow.remote.address).toBe("10.0.0.1");
      expect(simulation.now - before).toBeGreaterThanOrEqual(RESOLUTION_DELAY);
      expect(simulation.now - before).toBeLessThan(RESOLUTION_DELAY + 30);
    }));
});

import { checkCode, Simulation, type SimulationOptions } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { NameNotFoundError, NameServerError, NameTimedOutError, type Stack } from "../../src/index.ts";
import type { DnsRecord } from "../../src/wire/dns-records.ts";
import { parseIpv6 } from "../../src/wire/ipv6-address.ts";
import { a, cname } from "../dns/network.ts";
import { HOST_A, HOST_B, open, serveDns } from "./servers.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const head = (name: string) => ({ name, class: 1, ttl: 60 });
const zone: readonly DnsRecord[] = [
  a("host.example", 0x0a000009),
  a("host.example", 0x0a00000a),
  { ...head("host.example"), type: "AAAA", address: parseIpv6("2001:db8::9")! },
  cname("alias.example", "host.example"),
  { ...head("host.example"), type: "TXT", texts: [text("v=1"), text("gr\u00fc\u00df dich")] },
  { ...head("_http._tcp.example"), type: "SRV", priority: 1, weight: 2, port: 80, target: "host.example" },
  { ...head("9.0.0.10.in-addr.arpa"), type: "PTR", target: "host.example" },
  {
    ...head("example"),
    type: "SOA",
    server: "ns.example",
    mailbox: "admin.example",
    serial: 1,
    refresh: 2,
    retry: 3,
    expire: 4,
    minimum: 5,
  },
  ...Array.from({ length: 60 }, (_, index): DnsRecord => a("many.example", 0x0a010000 + index)),
  a("short.lan", 7),
];

/** Runs `use` with a stack whose name server is another stack on the cable. */
async function withServer(
  use: (client: Stack, count: { udp: number; tcp: number }, server: Stack) => Promise<void>,
  options: SimulationOptions = {},
  parameters: Record<string, string> = {},
): Promise<number> {
  const simulation = new Simulation({ seed: 1, ...options });
  await simulation.run(
    (async () => {
      const server = await open(simulation, HOST_A);
      const client = await open(simulation, HOST_B, { dns: HOST_A, ...parameters });
      await use(client, serveDns(server, zone), server);
    })(),
  );
  return simulation.now;
}

describe("dns.lookup", () => {
  it("gives the IPv4 addresses of a name, of both families on request", () =>
    withServer(async ({ dns }) => {
      const four = [
        { address: "10.0.0.9", family: 4 },
        { address: "10.0.0.10", family: 4 },
      ];
      expect(await dns.lookup("host.example")).toEqual(four);
      expect(await dns.lookup("alias.example", { family: 6 })).toEqual([{ address: "2001:db8::9", family: 6 }]);
      expect(await dns.lookup("host.example", { family: 0 })).toEqual([...four, { address: "2001:db8::9", family: 6 }]);
      // One family without addresses is no failure.
      expect(await dns.lookup("short.lan", { family: 0 })).toEqual([{ address: "0.0.0.7", family: 4 }]);
      expect(dns.servers).toEqual([HOST_A]);
    }).then(() => {}));
  it("asks nobody for addresses and for localhost", () =>
    withServer(async ({ dns }, count) => {
      expect(await dns.lookup("192.0.2.1")).toEqual([{ address: "192.0.2.1", family: 4 }]);
      expect(await dns.lookup("2001:DB8::1", { family: 0 })).toEqual([{ address: "2001:db8::1", family: 6 }]);
      expect(await dns.lookup("app.localhost")).toEqual([{ address: "127.0.0.1", family: 4 }]);
      expect(await dns.lookup("::1")).toEqual([{ address: "::1", family: 6 }]);
      await checkCode("ENOTFOUND", () => dns.lookup("::1", { family: 4 }));
      expect(count.udp).toBe(0);
    }).then(() => {}));
  it("tries short names in the search domains", () =>
    withServer(
      async ({ dns }) => {
        expect(await dns.lookup("short")).toEqual([{ address: "0.0.0.7", family: 4 }]);
      },
      {},
      { "dns-search": "example,lan" },
    ).then(() => {}));
  it("rejects with the cause: no such name, no name at all, nobody answers, no server", () =>
    withServer(async ({ dns }, _count, server) => {
      await expect(dns.lookup("nobody.example")).rejects.toBeInstanceOf(NameNotFoundError);
      await expect(dns.lookup("nobody.example")).rejects.toMatchObject({
        code: "ENOTFOUND",
        hostname: "nobody.example",
      });
      await expect(dns.lookup("_http._tcp.example")).rejects.toMatchObject({ code: "ENOTFOUND" });
      await expect(dns.lookup("a..b")).rejects.toMatchObject({ code: "EBADNAME" });
      await expect(server.dns.lookup("host.example")).rejects.toBeInstanceOf(NameServerError);
      await expect(server.dns.lookup("host.example")).rejects.toMatchObject({ code: "ENOSERVER" });
    }).then(() => {}));
  it("times out when the server is silent, sooner on request", async () => {
    const simulation = new Simulation({ seed: 1 });
    const client = await simulation.run(open(simulation, HOST_B, { dns: HOST_A }));
    await expect(simulation.run(client.dns.lookup("host.example"))).rejects.toBeInstanceOf(NameTimedOutError);
    expect(simulation.now).toBeCloseTo(7500, -1);
    const before = simulation.now;
    await checkCode("ETIMEOUT", () => simulation.run(client.dns.lookup("host.example", { timeout: 100 })));
    expect(simulation.now - before).toBeCloseTo(100, 0);
  });
  it("ends when its signal says so, and sends nothing more", async () => {
    const simulation = new Simulation({ seed: 1 });
    const client = await simulation.run(open(simulation, HOST_B, { dns: HOST_A }));
    const controller = new AbortController();
    const looking = client.dns.lookup("host.example", { signal: controller.signal });
    const ended = expect(looking).rejects.toBe("enough");
    await simulation.pass(50);
    controller.abort("enough");
    await ended;
    await simulation.pass(10_000);
    expect(client.dns.counters.queries).toBe(1);
    await expect(client.dns.lookup("host.example", { signal: controller.signal })).rejects.toBe("enough");
  });
});

describe("dns.resolve", () => {
  it("gives each type of record as Node does", () =>
    withServer(async ({ dns }) => {
      expect(await dns.resolve("host.example")).toEqual(["10.0.0.9", "10.0.0.10"]);
      expect(await dns.resolve("host.example", "AAAA")).toEqual(["2001:db8::9"]);
      expect(await dns.resolve("host.example", "TXT")).toEqual([["v=1", "gr\u00fc\u00df dich"]]);
      expect(await dns.resolve("_http._tcp.example", "SRV")).toEqual([
        { name: "host.example", port: 80, priority: 1, weight: 2 },
      ]);
      expect(await dns.resolve("example", "SOA")).toEqual({
        nsname: "ns.example",
        hostmaster: "admin.example",
        serial: 1,
        refresh: 2,
        retry: 3,
        expire: 4,
        minttl: 5,
      });
      expect(await dns.resolve("alias.example", "CNAME")).toEqual(["host.example"]);
      expect(await dns.reverse("10.0.0.9")).toEqual(["host.example"]);
      await checkCode("ENODATA", () => dns.resolve("example", "TXT"));
      await checkCode("EINVAL", () => dns.resolve("example", "X" as "A"));
    }).then(() => {}));
  it("asks over TCP for what a datagram does not hold", () =>
    withServer(async (client, count) => {
      const { dns } = client;
      expect(await dns.resolve("many.example")).toHaveLength(60);
      expect(count).toEqual({ udp: 1, tcp: 1 });
      expect(dns.counters).toMatchObject({ truncated: 1, streams: 1, answers: 1 });
      expect(client.usage.connections).toBe(1);
    }).then(() => {}));
  it("gets every answer over a cable that loses one frame in five, and repeats others", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const faults = { seed, loss: 0.2, duplicate: 0.1, reorder: 0.1, delay: 20 };
      await withServer(async ({ dns }) => {
        const names = ["host.example", "many.example", "short.lan"];
        const found = await Promise.all(names.map((name) => dns.lookup(name).catch((error) => error.code)));
        // Seven datagrams lost in a row happen once in 80,000 times; four of one question once in 200.
        for (const each of found) expect(Array.isArray(each) || each === "ETIMEOUT").toBe(true);
        expect(found.filter((each) => Array.isArray(each)).length).toBeGreaterThanOrEqual(2);
      }, faults);
    }
  });
});

describe("name servers", () => {
  it("that are no addresses, and search domains that are none, stop the boot", async () => {
    const simulation = new Simulation({ seed: 1 });
    expect(() => open(simulation, HOST_A, { dns: "10.0.0.1,ns.example" })).toThrow(/10\.0\.0\.53/);
    expect(() => open(simulation, HOST_B, { "dns-search": "a..b" })).toThrow(/example\.com/);
  });
});

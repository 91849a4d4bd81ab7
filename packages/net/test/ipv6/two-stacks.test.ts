import { checkCode, pattern, readAll, Simulation, type SimulationOptions } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { ADDRESS_A, ADDRESS_B, open, simulated, sleep, twoStacks } from "./stacks.ts";

const decode = (data: Uint8Array | undefined): string => new TextDecoder().decode(data);

describe("two stacks over IPv6", () => {
  it("probe for their addresses, and use them a second later", () =>
    simulated({}, async (a, _b, simulation) => {
      expect(simulation.now).toBeGreaterThanOrEqual(1000);
      expect(simulation.now).toBeLessThan(1100);
      expect(a.ipv6!.addresses[0]).toBe(`${ADDRESS_A}/64`);
      expect(a.ipv6!.addresses[1]).toMatch(/^fe80::[0-9a-f:]+%service\/64$/);
      expect(a.ipv6!.tentative).toEqual([]);
      expect(a.ipv4).toBe(undefined);
    }));

  it("TCP: connect, both directions, ends of both flows", () =>
    simulated({ delay: 1 }, async (a, b) => {
      const listener = a.tcp.listen({ port: 7 });
      const flow = await b.tcp.connect({ address: ADDRESS_A, port: 7 });
      const accepted = (await listener.accept())!;
      expect(flow.remote).toEqual({ address: ADDRESS_A, port: 7 });
      expect(flow.local.address).toBe(ADDRESS_B);
      expect(accepted.remote).toEqual(flow.local);
      await flow.write("hello");
      expect(decode(await accepted.read())).toBe("hello");
      await accepted.write("good day");
      expect(decode(await flow.read())).toBe("good day");
      await Promise.all([flow.close(), accepted.close()]);
      expect(flow.remote).toEqual({ address: ADDRESS_A, port: 7 });
    }));

  it("TCP: nobody listens, nobody is there, no route", () =>
    simulated({}, async (_a, b) => {
      await checkCode("ECONNREFUSED", () => b.tcp.connect({ address: ADDRESS_A, port: 9 }));
      await checkCode("EHOSTUNREACH", () => b.tcp.connect({ address: "2001:db8::99", port: 9 }));
      await checkCode("ENETUNREACH", () => b.tcp.connect({ address: "2001:db8:1::9", port: 9 }));
      await checkCode("ENETUNREACH", () => b.tcp.connect({ address: "10.0.0.1", port: 9 }));
      await checkCode("EINVAL", () => b.tcp.connect({ address: "2001:db8::zz", port: 9 }));
      await checkCode("EINVAL", () => b.tcp.connect({ address: "fe80::1%other", port: 9 }));
    }));

  it("link-local addresses work, with their zone and without", () =>
    simulated({}, async (a, b) => {
      const own = a.ipv6!.addresses.find((each) => each.startsWith("fe80"))!.split("/")[0]!;
      a.tcp.listen({ port: 7 });
      const flow = await b.tcp.connect({ address: own, port: 7 });
      expect(flow.remote.address).toBe(own);
      expect(flow.local.address).toMatch(/^fe80::.*%service$/);
      const bare = own.split("%")[0]!;
      expect((await b.tcp.connect({ address: bare, port: 7 })).remote.address).toBe(own);
    }));

  it("UDP: datagrams of any size, and errors for closed ports", () =>
    simulated({ delay: 1 }, async (a, b) => {
      const server = a.udp.bind({ port: 7 });
      const client = b.udp.connect({ remote: { address: ADDRESS_A, port: 7 } });
      for (const length of [0, 1, 1452, 1453, 20_000, 65_527]) {
        const data = pattern(length);
        client.send(data);
        const arrived = (await server.receive())!;
        expect(Buffer.compare(arrived.data, data)).toBe(0);
        expect(arrived.destination).toBe(ADDRESS_A);
        server.send(arrived.data, arrived.remote);
        expect((await client.receive())!.data.length).toBe(length);
      }
      expect(a.counters.reassembled).toBe(3);
      await checkCode("EMSGSIZE", async () => client.send(new Uint8Array(65_528)));
      const closed = b.udp.connect({ remote: { address: ADDRESS_A, port: 9 } });
      closed.send(new Uint8Array(4));
      await checkCode("ECONNREFUSED", () => closed.receive());
    }));

  it("UDP: groups that were joined are heard", () =>
    simulated({}, async (a, b) => {
      const member = a.udp.bind({ port: 9000 });
      member.join("ff02::1234");
      const sender = b.udp.bind();
      sender.send(pattern(10), { address: "ff02::1234", port: 9000 });
      expect((await member.receive())!.destination).toBe("ff02::1234");
      member.leave("ff02::1234");
      sender.send(pattern(10), { address: "ff02::1234", port: 9000 });
      sender.send(pattern(11), { address: ADDRESS_A, port: 9000 });
      expect((await member.receive())!.data.length).toBe(11);
    }));

  it("a socket of IPv4 alone hears no IPv6", () =>
    simulated({}, async (a, b) => {
      a.tcp.listen({ port: 7, address: "0.0.0.0" });
      await checkCode("ECONNREFUSED", () => b.tcp.connect({ address: ADDRESS_A, port: 7 }));
      a.tcp.listen({ port: 8, address: "::" });
      await b.tcp.connect({ address: ADDRESS_A, port: 8 });
      await checkCode("EADDRNOTAVAIL", async () => a.tcp.listen({ port: 9, address: ADDRESS_B }));
    }));

  it("ping: each other, any size, ourselves, all nodes, nobody", () =>
    simulated({ delay: 3 }, async (a, b) => {
      // The first one waits for the neighbour's answer.
      expect((await b.icmp.ping(ADDRESS_A)).rtt).toBeCloseTo(12, 0);
      expect((await b.icmp.ping(ADDRESS_A)).rtt).toBeCloseTo(6, 0);
      expect((await b.icmp.ping(ADDRESS_A, { size: 30_000 })).size).toBe(30_000);
      expect((await a.icmp.ping("::1")).rtt).toBeLessThan(1);
      expect((await a.icmp.ping(ADDRESS_A)).ttl).toBe(64);
      await checkCode("EHOSTUNREACH", () => a.icmp.ping("2001:db8::77"));
      await checkCode("ENETUNREACH", () => a.icmp.ping("2001:db9::77"));
    }));

  it("a full backlog is answered with cookies", () =>
    simulated({ delay: 1 }, async (a, b, simulation) => {
      const listener = a.tcp.listen({ port: 7, backlog: 2 });
      const connect = () => b.tcp.connect({ address: ADDRESS_A, port: 7 });
      await Promise.all([connect(), listener.accept()]);
      // What the server sends to the next two is lost: they fill its backlog, and the third has no place in it.
      const lost = new Set<number>();
      simulation.filter = (frame, from) => {
        const port = (at: number) => (frame[at]! << 8) | frame[at + 1]!;
        if (frame[20] !== 6) return true;
        if (from === 1 && frame[67] === 2 && lost.size < 2) lost.add(port(54));
        return from === 1 || !lost.has(port(56));
      };
      void Promise.allSettled([connect(), connect()]);
      const [flow, served] = await Promise.all([connect(), listener.accept()]);
      expect(a.counters.tcp.cookiesTaken).toBe(1);
      await flow.write("cookie");
      expect(decode(await served!.read())).toBe("cookie");
    }));

  it("addresses of connections that are gone are given back", () =>
    simulated({}, async (a, b, simulation) => {
      a.tcp.listen({ port: 7 });
      const before = [a.usage.addresses, b.usage.addresses];
      for (let round = 0; round < 50; round++) (await b.tcp.connect({ address: ADDRESS_A, port: 7 })).abort();
      await sleep(simulation, 100);
      expect(a.usage.connections + b.usage.connections).toBe(0);
      expect(a.usage.addresses).toBeLessThanOrEqual(before[0]! + 4);
      expect(b.usage.addresses).toBeLessThanOrEqual(before[1]! + 4);
    }));

  it("connections to ourselves by ::1", () =>
    simulated({}, async (a) => {
      const listener = a.tcp.listen({ port: 7, address: "::1" });
      const flow = await a.tcp.connect({ address: "::1", port: 7 });
      await flow.write("me");
      expect(decode(await (await listener.accept())!.read())).toBe("me");
    }));

  it("a connection lives on through the neighbour cache's states, for an hour", () =>
    simulated(
      { delay: 1 },
      async (a, b, simulation) => {
        const listener = a.tcp.listen({ port: 7 });
        const flow = await b.tcp.connect({ address: ADDRESS_A, port: 7 });
        const accepted = (await listener.accept())!;
        // Pauses of any length, so that it is found reachable, stale, in delay, and being probed.
        for (let pause = 500; simulation.now < 3_600_000; pause = (pause * 7) % 100_000) {
          await flow.write("tick");
          expect(decode(await accepted.read())).toBe("tick");
          await sleep(simulation, pause);
        }
        expect(b.usage.neighbours).toBe(1);
      },
      4_000_000,
    ));

  it("a connection ends when the neighbour does, and the neighbour is forgotten", () =>
    simulated({ delay: 1 }, async (a, b, simulation) => {
      a.tcp.listen({ port: 7 });
      const flow = await b.tcp.connect({ address: ADDRESS_A, port: 7, userTimeout: 60_000 });
      simulation.filter = (_frame, from) => from !== 0;
      await flow.write("anybody?");
      // What was known last is what it says: nobody answers for its link address.
      await checkCode("EHOSTUNREACH", () => flow.read());
      await sleep(simulation, 10_000);
      expect(b.usage.neighbours).toBe(0);
    }));
});

const bad: Record<string, SimulationOptions> = {
  "a clean cable": {},
  "10 % loss": { loss: 0.1, delay: 5 },
  "20 % reordered, 10 % duplicated": { reorder: 0.2, duplicate: 0.1, delay: 5 },
  "5 % corrupted": { corrupt: 0.05, delay: 5 },
  "everything at once": { loss: 0.05, duplicate: 0.05, reorder: 0.1, corrupt: 0.02, jitter: 3, delay: 5 },
  "the least MTU, with loss": { mtu: 1280, loss: 0.05, delay: 2 },
};

describe("opening", () => {
  it("waits for IPv6 where there is nothing else, and not where IPv4 has an address", async () => {
    const simulation = new Simulation();
    await simulation.run(open(simulation, { ipv4: "10.0.0.1/24" }));
    expect(simulation.now).toBe(0);
    const alone = await simulation.run(open(simulation, { ipv4: "off" }));
    expect(simulation.now).toBeGreaterThanOrEqual(1000);
    expect(alone.ipv6!.addresses).toEqual([expect.stringMatching(/^fe80::/)]);
  });
  it("starts with IPv6 alone when DHCP is silent and an address reaches beyond the link", async () => {
    const simulation = new Simulation();
    const opened = await simulation.run(open(simulation, { ipv6: "2001:db8::1/64" }));
    expect(simulation.now).toBeGreaterThanOrEqual(10_000);
    expect(opened.ipv4).toBe(undefined);
    await checkCode("EADDRNOTAVAIL", () => simulation.run(open(simulation, {})));
  });
  it("fails at once with neither, and says no nonsense is an address", async () => {
    const simulation = new Simulation();
    await checkCode("EADDRNOTAVAIL", () => simulation.run(open(simulation, { ipv4: "off", ipv6: "off" })));
    expect(simulation.now).toBe(0);
    for (const ipv6 of ["2001:db8::1", "2001:db8::1/129", "ff02::1/64", "::/64", "on"]) {
      expect(() => open(simulation, { ipv6 })).toThrow(/2001:db8::2\/64/);
    }
  });
});

describe("an idle stack", () => {
  it("asks for routers for nine minutes, and then neither sends nor wakes up", async () => {
    const simulation = new Simulation();
    await simulation.run(twoStacks(simulation));
    await simulation.pass(600_000);
    const { frames } = simulation;
    await simulation.pass(24 * 3_600_000);
    expect(simulation.frames).toBe(frames);
  });
});

describe("two stacks over IPv6 on a bad cable", () => {
  for (const [name, options] of Object.entries(bad)) {
    it(`every byte arrives over ${name}`, async () => {
      for (let seed = 1; seed <= 3; seed++) {
        await simulated(
          { ...options, seed },
          async (a, b) => {
            const up = pattern(100_000, 1);
            const down = pattern(100_000, 2);
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
              const flow = await b.tcp.connect({ address: ADDRESS_A, port: 7 });
              const received = readAll(flow);
              await flow.write(up);
              flow.shutdown();
              expect(Buffer.compare(await received, down)).toBe(0);
              await flow.close();
            };
            await Promise.all([serve(), use()]);
          },
          900_000,
        );
      }
    });
  }
});

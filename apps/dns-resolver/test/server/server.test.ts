import { BADVERS, FORMERR, NOERROR, NXDOMAIN, REFUSED, SERVFAIL } from "@soloist/net/dns";
import { byteHelpers } from "@soloist/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Clients, OWN_NETWORKS } from "../../src/server/clients.ts";
import type { BlockMode } from "../../src/server/local.ts";
import { FAILURE, type Resolution } from "../../src/server/reply.ts";
import { type Resolve, Server } from "../../src/server/server.ts";
import { Statistics } from "../../src/server/statistics.ts";
import { a, ask, cname, read, soa } from "../messages.ts";

const CLIENT = "10.0.0.9";
const known = (...answers: Resolution["answers"]): Resolution => ({ rcode: NOERROR, answers, authorities: [] });

function fixture(resolve: Resolve, options: { blocked?: string[]; blockMode?: BlockMode } = {}) {
  const clock = { now: 0 };
  const asked: string[] = [];
  const statistics = new Statistics();
  const server = new Server({
    resolve: (name, type) => {
      asked.push(`${name} ${type}`);
      return resolve(name, type);
    },
    isBlocked: (name) => options.blocked?.includes(name) ?? false,
    blockMode: options.blockMode ?? "null",
    clients: new Clients(OWN_NETWORKS, 1_000_000),
    statistics,
    cacheBytes: 1_000_000,
    bytes: byteHelpers,
    now: () => clock.now,
  });
  const send = async (bytes: Uint8Array, address = CLIENT, stream = false) => {
    const reply = await server.process(bytes, address, stream, clock.now);
    return reply && read(reply.slice());
  };
  return { server, clock, asked, counters: statistics.counters, statistics, send };
}

describe("a server", () => {
  it("asks once, for all letters' cases, until the TTL is over", async () => {
    const { send, clock, asked, counters } = fixture(async (name) => known(a(name, "192.0.2.1", 60)));
    expect((await send(ask("Host.Test")))?.answers).toMatchObject([{ ttl: 60 }]);
    clock.now = 59_000;
    expect((await send(ask("hosT.tesT")))?.answers).toMatchObject([{ ttl: 1 }]);
    expect(asked).toEqual(["host.test 1"]);
    clock.now = 61_000;
    expect((await send(ask("host.test")))?.answers).toMatchObject([{ ttl: 60 }]);
    expect(counters).toMatchObject({ queries: 3, hits: 1, misses: 2 });
  });

  it("keeps types apart, also 65 and 97, which are letters", async () => {
    const { send, asked } = fixture(async (name) => known(a(name, "192.0.2.1")));
    await send(ask("host.test", 65));
    await send(ask("host.test", 97));
    expect(asked).toEqual(["host.test 65", "host.test 97"]);
  });

  it("keeps names apart whose bytes are no ASCII", async () => {
    const { send, asked } = fixture(async (name) => known(a(name, "192.0.2.1")));
    await send(ask("\\192.test"));
    await send(ask("\\224.test"));
    await send(ask("\\192.TEST"));
    expect(asked).toEqual(["\\192.test 1", "\\224.test 1"]);
  });

  it("asks once for all who wait", async () => {
    const { send, asked } = fixture(async (name) => known(a(name, "192.0.2.1")));
    const replies = await Promise.all([send(ask("host.test")), send(ask("HOST.test")), send(ask("host.test"))]);
    expect(asked).toHaveLength(1);
    expect(replies.map((reply) => reply?.questions[0]?.name)).toEqual(["host.test", "HOST.test", "host.test"]);
  });

  it("remembers absences as long as the SOA says", async () => {
    const { send, clock, asked } = fixture(async () => ({
      rcode: NXDOMAIN,
      answers: [],
      authorities: [soa("test", 7)],
    }));
    expect(await send(ask("no.test"))).toMatchObject({ rcode: NXDOMAIN, authorities: [{ type: "SOA" }] });
    clock.now = 6000;
    await send(ask("no.test"));
    expect(asked).toHaveLength(1);
    clock.now = 8000;
    await send(ask("no.test"));
    expect(asked).toHaveLength(2);
  });

  it("answers SERVFAIL when nobody helps, and asks again only after a while", async () => {
    const { send, clock, asked } = fixture(() => Promise.reject(new Error("no")));
    expect(await send(ask("host.test"))).toMatchObject({ rcode: SERVFAIL });
    clock.now = 1000;
    await send(ask("host.test"));
    expect(asked).toHaveLength(1);
    clock.now = 6000;
    await send(ask("host.test"));
    expect(asked).toHaveLength(2);
  });

  it("gives what has expired when nobody helps (RFC 8767), and tries again after 30 s", async () => {
    let works = true;
    const { send, clock, asked, counters } = fixture(async (name) =>
      works ? known(a(name, "192.0.2.1", 60)) : FAILURE,
    );
    await send(ask("host.test"));
    works = false;
    clock.now = 100_000;
    expect(await send(ask("host.test"))).toMatchObject({ rcode: NOERROR, answers: [{ ttl: 30 }] });
    expect(await send(ask("host.test"))).toMatchObject({ rcode: NOERROR, answers: [{ ttl: 30 }] });
    expect(asked).toHaveLength(2);
    works = true;
    clock.now = 131_000;
    expect(await send(ask("host.test"))).toMatchObject({ rcode: NOERROR, answers: [{ ttl: 60 }] });
    expect(counters.stale).toBe(2);
  });

  it("asks ahead for what is used, in the last tenth of its life", async () => {
    const { send, clock, asked, counters } = fixture(async (name) => known(a(name, "192.0.2.1", 100)));
    for (const now of [0, 1000, 2000, 3000]) {
      clock.now = now;
      await send(ask("host.test"));
    }
    clock.now = 95_000;
    expect((await send(ask("host.test")))?.answers).toMatchObject([{ ttl: 5 }]);
    expect(asked).toHaveLength(2);
    await Promise.resolve();
    clock.now = 101_000;
    expect((await send(ask("host.test")))?.answers[0]?.ttl).toBeGreaterThan(90);
    expect(counters).toMatchObject({ prefetched: 1, misses: 1 });
  });

  it("blocks names, with addresses that lead nowhere or as if there were none", async () => {
    const resolve = async (name: string) => known(a(name, "192.0.2.1"));
    const nowhere = fixture(resolve, { blocked: ["ads.test"] });
    expect(await nowhere.send(ask("Ads.test"))).toMatchObject({ rcode: NOERROR, answers: [{ address: 0 }] });
    expect(await nowhere.send(ask("ads.test", 28))).toMatchObject({ answers: [{ address: new Uint8Array(16) }] });
    expect(await nowhere.send(ask("ads.test", 16))).toMatchObject({ rcode: NOERROR, answers: [] });
    await nowhere.send(ask("ads.test"));
    expect(nowhere.asked).toEqual([]);
    expect(nowhere.counters).toMatchObject({ blocked: 4, hits: 0, misses: 0 });
    const missing = fixture(resolve, { blocked: ["ads.test"], blockMode: "nxdomain" });
    expect(await missing.send(ask("ads.test"))).toMatchObject({
      rcode: NXDOMAIN,
      answers: [],
      authorities: [{ type: "SOA" }],
    });
  });

  it("blocks names that hide behind an alias", async () => {
    const { send } = fixture(async (name) => known(cname(name, "ads.test"), a("ads.test", "192.0.2.1")), {
      blocked: ["ads.test"],
    });
    expect(await send(ask("metrics.shop.test"))).toMatchObject({
      answers: [{ name: "metrics.shop.test", address: 0 }],
    });
  });

  it("answers for localhost and asks nobody for names that nobody has", async () => {
    const { send, asked } = fixture(async () => FAILURE);
    expect(await send(ask("localhost"))).toMatchObject({ answers: [{ address: 0x7f000001 }] });
    expect(await send(ask("printer.local"))).toMatchObject({ rcode: NXDOMAIN });
    expect(await send(ask("x.invalid"))).toMatchObject({ rcode: NXDOMAIN });
    expect(asked).toEqual([]);
  });

  it("gives little for ANY, and nothing of a zone's transfer", async () => {
    const { send, asked } = fixture(async () => FAILURE);
    expect(await send(ask("host.test", 255))).toMatchObject({ answers: [{ type: "OTHER", code: 13 }] });
    expect(await send(ask("host.test", 252))).toMatchObject({ rcode: REFUSED });
    expect(asked).toEqual([]);
  });

  it("refuses strangers, other classes, other versions of EDNS and questions without recursion", async () => {
    const { send, asked, counters } = fixture(async () => FAILURE);
    expect(await send(ask("host.test"), "8.8.8.8")).toMatchObject({ rcode: REFUSED });
    expect(await send(ask("host.test", 1, { questions: [{ name: "a", type: 1, class: 3 }] }))).toMatchObject({
      rcode: REFUSED,
    });
    expect(await send(ask("host.test", 1, { recursionDesired: false }))).toMatchObject({ rcode: REFUSED });
    const version = ask("host.test", 1, { udpSize: 512 });
    version[version.length - 5] = 1;
    expect(await send(version)).toMatchObject({ rcode: BADVERS });
    expect(await send(ask("host.test", 0))).toMatchObject({ rcode: FORMERR });
    expect(asked).toEqual([]);
    expect(counters).toMatchObject({ refused: 5, queries: 0 });
  });

  it("answers neither answers nor noise", async () => {
    const { send, counters } = fixture(async () => FAILURE);
    expect(await send(ask("host.test", 1, { response: true }))).toBeUndefined();
    expect(await send(new Uint8Array(5))).toBeUndefined();
    expect(counters).toMatchObject({ responses: 1, malformed: 1 });
  });

  it("refuses at once when too many questions are open", async () => {
    const { send, server, counters } = fixture(() => new Promise(() => {}));
    for (let index = 0; index < 1024; index++) void send(ask(`n${index}.test`));
    expect(server.open).toBe(1024);
    expect(await send(ask("one-more.test"))).toMatchObject({ rcode: SERVFAIL });
    expect(counters.overloaded).toBe(1);
  });

  it("survives any bytes, and its replies can be parsed", async () => {
    const { server } = fixture(async (name) => known(a(name, "192.0.2.1")));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(40), async (noise, at) => {
        const bytes = ask("host.test", 1, { udpSize: 1232 });
        bytes.set(noise.subarray(0, Math.max(bytes.length - at, 0)), Math.min(at, bytes.length));
        for (const each of [noise, bytes]) {
          const reply = await server.process(each, CLIENT, true, 0);
          if (reply !== undefined) read(reply.slice());
        }
      }),
    );
  });
});

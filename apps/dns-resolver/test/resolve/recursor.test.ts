import { DnsCache, type DnsMessage, NOERROR, NXDOMAIN, REFUSED, SERVFAIL } from "@soloist/net/dns";
import { describe, expect, it } from "vitest";
import { Delegations, isWithin, lastLabels, readReferral } from "../../src/resolve/delegations.ts";
import { createRecursor, LIMITS } from "../../src/resolve/recursor.ts";
import { ServerBook } from "../../src/resolve/servers.ts";
import { a, cname, message, ns, soa } from "../messages.ts";

const ROOT = "198.18.0.1";

type Server = (name: string, type: number) => DnsMessage | undefined;

function fixture(servers: Record<string, Server>) {
  const asked: string[] = [];
  const clock = { now: 0 };
  const delegations = new Delegations([ROOT]);
  const resolve = createRecursor({
    servers: new ServerBook(),
    delegations,
    cache: new DnsCache(1000),
    ipv6: () => false,
    now: () => clock.now,
    ask: async ({ address }, name, type, { recursion, timeout }) => {
      expect(recursion).toBe(false);
      asked.push(`${address} ${name} ${type}`);
      const reply = servers[address]?.(name, type);
      clock.now += reply === undefined ? timeout : 1;
      return reply === undefined ? { failure: "timeout" } : { message: reply };
    },
  });
  return { resolve, asked, clock, delegations };
}

const answered = (...answers: DnsMessage["answers"]) => message({ authoritative: true, answers });
const absent = (zone: string, rcode = NXDOMAIN) => message({ authoritative: true, rcode, authorities: [soa(zone)] });
const referral = (zone: string, server: string, address?: string) =>
  message({ authorities: [ns(zone, server)], additionals: address === undefined ? [] : [a(server, address)] });

const root: Server = (name) =>
  isWithin(name, "test") ? referral("test", "ns.test", "198.18.0.2") : referral("net", "ns.net", "198.18.0.9");
const tld: Server = (name) =>
  isWithin(name, "site.test") ? referral("site.test", "ns.site.test", "198.18.0.3") : absent("test");
const site: Server = (name) =>
  name === "www.site.test"
    ? answered(a(name, "192.0.2.1"))
    : name === "site.test"
      ? absent(name, NOERROR)
      : absent("site.test");
const three = { [ROOT]: root, "198.18.0.2": tld, "198.18.0.3": site };

describe("a recursor", () => {
  it("walks down from the root, and shows each server one label more than its zone (RFC 9156)", async () => {
    const { resolve, asked } = fixture(three);
    expect(await resolve("www.site.test", 28)).toMatchObject({ rcode: NOERROR });
    expect(asked).toEqual([`${ROOT} test 1`, "198.18.0.2 site.test 1", "198.18.0.3 www.site.test 28"]);
  });

  it("begins where it knows the way, until that has expired", async () => {
    const { resolve, asked, clock } = fixture(three);
    await resolve("www.site.test", 1);
    asked.length = 0;
    await resolve("no.site.test", 1);
    expect(asked).toEqual(["198.18.0.3 no.site.test 1"]);
    clock.now += 301_000;
    asked.length = 0;
    await resolve("www.site.test", 28);
    expect(asked[0]).toBe(`${ROOT} test 1`);
  });

  it("asks the next server when one is silent, refuses or leads back up", async () => {
    const servers = ["198.18.0.4", "198.18.0.5", "198.18.0.6", "198.18.0.3"];
    const { resolve, asked } = fixture({
      [ROOT]: () =>
        message({
          authorities: servers.map((_, index) => ns("test", `ns${index}.test`)),
          additionals: servers.map((address, index) => a(`ns${index}.test`, address)),
        }),
      "198.18.0.5": () => message({ rcode: REFUSED }),
      "198.18.0.6": () => referral("test", "ns.test", "198.18.0.6"),
      "198.18.0.3": (name) => answered(a(name, "192.0.2.1")),
    });
    expect(await resolve("host.test", 1)).toMatchObject({ answers: [{ name: "host.test" }] });
    expect(asked.slice(1).map((line) => line.split(" ")[0])).toEqual(servers);
  });

  it("asks the only server again when it said nothing: a datagram may have been lost", async () => {
    let lost = 0;
    const { resolve, asked } = fixture({
      [ROOT]: (name) => (lost++ === 0 ? undefined : answered(a(name, "192.0.2.1"))),
    });
    expect(await resolve("test", 1)).toMatchObject({ rcode: NOERROR });
    expect(asked).toHaveLength(2);
  });

  it("follows aliases into other zones, and believes a zone's server about its zone alone", async () => {
    const { resolve } = fixture({
      ...three,
      "198.18.0.3": (name) =>
        name === "alias.site.test"
          ? answered(cname(name, "www.other.test"), a("www.other.test", "6.6.6.6"))
          : absent("site.test"),
      "198.18.0.2": (name) => (isWithin(name, "site.test") ? tld(name, 1) : answered(a(name, "192.0.2.7"))),
    });
    const { answers } = await resolve("alias.site.test", 1);
    expect(answers).toMatchObject([{ type: "CNAME" }, { name: "www.other.test", address: 0xc0000207 | 0 }]);
  });

  it("looks up servers whose addresses came not with their names", async () => {
    const { resolve, asked } = fixture({
      ...three,
      "198.18.0.2": () => referral("site.test", "ns.help.net"),
      "198.18.0.9": (name) => (name === "ns.help.net" ? answered(a(name, "198.18.0.3")) : absent("net", NOERROR)),
    });
    expect(await resolve("www.site.test", 1)).toMatchObject({ answers: [{ address: 0xc0000201 | 0 }] });
    expect(asked).toContain("198.18.0.9 ns.help.net 1");
  });

  it("gives up servers that lie in the zone that they serve, and came without an address", async () => {
    const { resolve, asked } = fixture({ [ROOT]: () => referral("test", "ns.test") });
    expect(await resolve("host.test", 1)).toMatchObject({ rcode: SERVFAIL });
    expect(asked).toHaveLength(1);
  });

  it("asks for all of a name when a server denies what lies in between", async () => {
    const { resolve } = fixture({
      [ROOT]: root,
      "198.18.0.2": (name) => (name === "a.b.test" ? answered(a(name, "192.0.2.1")) : absent("test")),
    });
    expect(await resolve("a.b.test", 1)).toMatchObject({ rcode: NOERROR, answers: [{ name: "a.b.test" }] });
  });

  it("says how long an absence holds, by an SOA of the zone itself", async () => {
    const { resolve } = fixture(three);
    expect(await resolve("no.site.test", 1)).toMatchObject({ rcode: NXDOMAIN, authorities: [{ name: "site.test" }] });
    const lying = fixture({ [ROOT]: root, "198.18.0.2": () => absent("com") });
    expect(await lying.resolve("no.test", 1)).toMatchObject({ rcode: NXDOMAIN, authorities: [] });
  });
});

describe("limits", () => {
  it("end circles of aliases", async () => {
    const { resolve, asked } = fixture({
      [ROOT]: (name) => answered(cname(name, name === "a.test" ? "b.test" : "a.test")),
    });
    expect(await resolve("a.test", 1)).toMatchObject({ rcode: SERVFAIL });
    expect(asked.length).toBeLessThanOrEqual(LIMITS.queries);
  });

  it("end endless aliases", async () => {
    let count = 0;
    const { resolve, asked } = fixture({
      [ROOT]: (name) => (name.includes(".") ? answered(cname(name, `n${count++}.test`)) : absent("", NOERROR)),
    });
    expect(await resolve("a.test", 1)).toMatchObject({ rcode: SERVFAIL });
    expect(asked.length).toBeLessThanOrEqual(LIMITS.queries);
  });

  it("end zones whose hundred servers have to be looked up (NXNSAttack)", async () => {
    const names = Array.from({ length: 100 }, (_, index) => ns("evil.test", `n${index}.victim.net`));
    const { resolve, asked } = fixture({
      [ROOT]: root,
      "198.18.0.2": () => message({ authorities: names }),
      "198.18.0.9": () => absent("net"),
    });
    expect(await resolve("x.evil.test", 1)).toMatchObject({ rcode: SERVFAIL });
    expect(asked.filter((line) => line.includes("victim")).length).toBeLessThanOrEqual(2 * LIMITS.serverNames);
  });

  it("end servers of two zones that know each other only", async () => {
    const { resolve, asked } = fixture({
      [ROOT]: (name) => (isWithin(name, "a") ? referral("a", "ns.b") : referral("b", "ns.a")),
    });
    expect(await resolve("host.a", 1)).toMatchObject({ rcode: SERVFAIL });
    expect(asked.length).toBeLessThanOrEqual(LIMITS.queries);
  });

  it("end delegations that never end", async () => {
    const { resolve, asked } = fixture({
      [ROOT]: (name) => referral(name, `ns.${name}`, ROOT),
    });
    const long = Array.from({ length: 60 }, (_, index) => `l${index}`).join(".");
    expect(await resolve(long, 1)).toMatchObject({ rcode: SERVFAIL });
    expect(asked.length).toBeLessThanOrEqual(LIMITS.queries);
  });

  it("end silence", async () => {
    const { resolve, clock } = fixture({});
    expect(await resolve("host.test", 1)).toMatchObject({ rcode: SERVFAIL });
    expect(clock.now).toBeLessThanOrEqual(LIMITS.time);
  });
});

describe("a referral", () => {
  const read = (parts: Partial<DnsMessage>, zone = "test", name = "www.site.test") =>
    readReferral(message(parts), zone, name, false, 0);

  it("leads down, to addresses in the zone of whoever says so", () => {
    const parts = {
      authorities: [ns("site.test", "ns.site.test", 60)],
      additionals: [a("ns.site.test", "198.18.0.3")],
    };
    expect(read(parts)).toEqual({
      zone: "site.test",
      servers: [{ name: "ns.site.test", addresses: ["198.18.0.3"] }],
      expiresAt: 60_000,
    });
  });

  it("is not believed about addresses of other zones, nor about this machine's own", () => {
    expect(
      read({ authorities: [ns("site.test", "ns.bank.net")], additionals: [a("ns.bank.net", "6.6.6.6")] })?.servers,
    ).toEqual([{ name: "ns.bank.net", addresses: [] }]);
    expect(
      read({ authorities: [ns("site.test", "ns.site.test")], additionals: [a("ns.site.test", "127.0.0.1")] })?.servers,
    ).toEqual([{ name: "ns.site.test", addresses: [] }]);
  });

  it.each(["test", "", "other.test", "net", "www.site.test.deeper"])("to %j is none", (zone) => {
    expect(read({ authorities: [ns(zone, "ns.site.test")] })).toBeUndefined();
  });

  it("of hundreds of servers is that of thirteen", () => {
    const authorities = Array.from({ length: 300 }, (_, index) => ns("site.test", `n${index}.net`));
    expect(read({ authorities })?.servers).toHaveLength(13);
  });
});

describe("names", () => {
  it("lie within their zones", () => {
    expect(isWithin("www.site.test", "site.test")).toBe(true);
    expect(isWithin("site.test", "site.test")).toBe(true);
    expect(isWithin("mysite.test", "site.test")).toBe(false);
    expect(isWithin("anything", "")).toBe(true);
    expect(lastLabels("a.b.c", 2)).toBe("b.c");
  });

  it("of zones are remembered, 4,096 at most", () => {
    const delegations = new Delegations([ROOT]);
    for (let index = 0; index < 5000; index++) {
      delegations.put({ zone: `z${index}`, servers: [], expiresAt: 1000 });
    }
    expect(delegations.size).toBe(4096);
    expect(delegations.closest("www.z4999", 0).zone).toBe("z4999");
    expect(delegations.closest("www.z4999", 1000).zone).toBe("");
  });
});

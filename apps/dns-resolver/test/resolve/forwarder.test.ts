import type { DnsMessage } from "@soloist/net/dns";
import { NXDOMAIN, SERVFAIL } from "@soloist/net/dns";
import { describe, expect, it } from "vitest";
import { chain, createForwarder } from "../../src/resolve/forwarder.ts";
import { ServerBook } from "../../src/resolve/servers.ts";
import { a, cname, message, soa } from "../messages.ts";

type Zone = Record<string, DnsMessage | undefined>;

/** Upstreams by address; undefined: silent. Each question takes a millisecond. */
function fixture(zone: Zone) {
  const asked: string[] = [];
  const clock = { now: 0 };
  const servers = new ServerBook();
  const resolve = createForwarder({
    upstreams: Object.keys(zone).map((address) => ({ address, port: 53 })),
    servers,
    now: () => clock.now,
    ask: async ({ address }, _name, _type, { timeout, recursion }) => {
      expect(recursion).toBe(true);
      asked.push(address);
      const answer = zone[address];
      clock.now += answer === undefined ? timeout : 1;
      return answer === undefined ? { failure: "timeout" } : { message: answer };
    },
  });
  return { resolve, asked, clock, servers };
}

const good = message({ answers: [a("host.test", "192.0.2.1")] });

describe("a forwarder", () => {
  it("asks the next upstream when one is silent, and that one first from then on", async () => {
    const { resolve, asked } = fixture({ "10.0.0.1": undefined, "10.0.0.2": good });
    expect(await resolve("host.test", 1)).toMatchObject({ rcode: 0, answers: [{ address: 0xc0000201 | 0 }] });
    await resolve("host.test", 1);
    expect(asked).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.2"]);
  });

  it("tries one that was silent again after a while", async () => {
    const { resolve, asked, clock } = fixture({ "10.0.0.1": undefined, "10.0.0.2": good });
    await resolve("host.test", 1);
    clock.now += 60_000;
    await resolve("host.test", 1);
    expect(asked[2]).toBe("10.0.0.1");
  });

  it("asks the next upstream when one fails", async () => {
    const { resolve, asked } = fixture({ "10.0.0.1": message({ rcode: SERVFAIL }), "10.0.0.2": good });
    expect((await resolve("host.test", 1)).rcode).toBe(0);
    expect(asked).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  it("gives up when all fail, in less time than a client waits", async () => {
    const { resolve, asked, clock } = fixture({ "10.0.0.1": undefined, "10.0.0.2": undefined });
    expect((await resolve("host.test", 1)).rcode).toBe(SERVFAIL);
    expect(asked).toHaveLength(4);
    expect(clock.now).toBeLessThan(5000);
  });

  it("passes absences on with their SOA, and nothing else of the authority section", async () => {
    const authorities = [soa("test"), a("other.test", "6.6.6.6")];
    const { resolve } = fixture({ "10.0.0.1": message({ rcode: NXDOMAIN, authorities }) });
    expect(await resolve("no.test", 1)).toEqual({ rcode: NXDOMAIN, answers: [], authorities: [soa("test")] });
  });
});

describe("a chain", () => {
  it("is what lies on the way, each owner in lower case", () => {
    const records = [a("Host.test", "192.0.2.1"), cname("aLias.test", "HOST.test"), a("other.test", "6.6.6.6")];
    const { answers, last } = chain("alias.test", 1, records);
    expect(answers.map(({ name, type }) => `${name} ${type}`)).toEqual(["alias.test CNAME", "host.test A"]);
    expect(last).toBe("host.test");
  });

  it("ends in a circle", () => {
    const { answers } = chain("a.test", 1, [cname("a.test", "b.test"), cname("b.test", "a.test")]);
    expect(answers.length).toBeLessThanOrEqual(16);
  });
});

import { NOERROR, NXDOMAIN } from "@soloist/net/dns";
import { describe, expect, it } from "vitest";
import { blockedAnswer } from "../../src/server/local.ts";
import { createQuery, readQuery } from "../../src/server/query.ts";
import { toTail, toWire, ttlOf, writeRefusal, writeReply, writeTail } from "../../src/server/reply.ts";
import { a, ask, cname, read, soa } from "../messages.ts";

const NEVER = Number.POSITIVE_INFINITY;

function reply(asked: Uint8Array, answers: Parameters<typeof toWire>[2], age = 0, maxTtl = NEVER, limit = 65_535) {
  const query = createQuery();
  readQuery(asked, query);
  const into = new Uint8Array(65_535).fill(0xa5);
  const length = writeReply(into, asked, query, toWire("alias.test", 1, answers), age, maxTtl, limit);
  return { bytes: into.slice(0, length), message: read(into.subarray(0, length)) };
}

const chain = {
  rcode: NOERROR,
  answers: [cname("alias.test", "host.test", 100), a("host.test", "192.0.2.1", 60)],
  authorities: [],
};

describe("a reply", () => {
  it("has the client's identifier, letters and wish for recursion", () => {
    const { message } = reply(ask("aLiAs.TeSt", 1), chain);
    expect(message).toMatchObject({ id: 0x1234, response: true, recursionDesired: true, recursionAvailable: true });
    expect(message.questions).toEqual([{ name: "aLiAs.TeSt", type: 1, class: 1 }]);
    expect(message.answers.map(({ name }) => name)).toEqual(["aLiAs.TeSt", "host.TeSt"]);
  });

  it("counts TTLs down, to no less than 0 and no more than is allowed", () => {
    const ttls = (age: number, most = NEVER) =>
      reply(ask("alias.test"), chain, age, most).message.answers.map((r) => r.ttl);
    expect(ttls(0)).toEqual([100, 60]);
    expect(ttls(30)).toEqual([70, 30]);
    expect(ttls(90)).toEqual([10, 0]);
    expect(ttls(0, 30)).toEqual([30, 30]);
  });

  it("speaks EDNS with those who do", () => {
    expect(reply(ask("alias.test"), chain).message.udpSize).toBe(0);
    expect(reply(ask("alias.test", 1, { udpSize: 4096 }), chain).message.udpSize).toBe(1232);
  });

  it("that is too long is empty and says so", () => {
    const many = { ...chain, answers: Array.from({ length: 60 }, (_, index) => a("alias.test", `192.0.2.${index}`)) };
    const { message, bytes } = reply(ask("alias.test"), many, 0, NEVER, 512);
    expect(message).toMatchObject({ truncated: true, answers: [], rcode: 0 });
    expect(bytes.length).toBeLessThan(40);
    expect(reply(ask("alias.test"), many, 0, NEVER, 4096).message.answers).toHaveLength(60);
  });

  it("fits with EDNS, or is truncated: the limit is for all of it", () => {
    const asked = ask("alias.test", 1, { udpSize: 512 });
    const whole = reply(asked, chain).bytes.length;
    expect(reply(asked, chain, 0, NEVER, whole).message.truncated).toBe(false);
    expect(reply(asked, chain, 0, NEVER, whole - 1).message.truncated).toBe(true);
  });
});

describe("a reply of blocked names", () => {
  it.each([1, 28, 16])("of type %i is that of the name, whatever its length", (type) => {
    for (const mode of ["null", "nxdomain"] as const) {
      const tail = toTail(type, blockedAnswer("x", type, mode));
      for (const name of ["a.b", "Ads.Example.org", `${"long-label.".repeat(22)}test`]) {
        const asked = ask(name, type, { udpSize: 1232 });
        const query = createQuery();
        readQuery(asked, query);
        const into = new Uint8Array(600).fill(0xa5);
        const length = writeTail(into, asked, query, tail);
        expect(length).toBeLessThanOrEqual(400);
        const { rcode, answers, authorities } = blockedAnswer(name, type, mode);
        expect(read(into.subarray(0, length))).toMatchObject({
          id: 0x1234,
          rcode,
          answers,
          authorities,
          udpSize: 1232,
        });
      }
    }
  });
});

describe("a refusal", () => {
  it("is as long as what it refuses, so that nobody is flooded with it", () => {
    const query = createQuery();
    for (const asked of [ask("host.test"), ask("host.test", 1, { udpSize: 1232 }), new Uint8Array(12)]) {
      readQuery(asked, query);
      const into = new Uint8Array(600);
      const length = writeRefusal(into, asked, query, 5);
      expect(length).toBeLessThanOrEqual(asked.length);
      expect(read(into.subarray(0, length))).toMatchObject({ response: true, rcode: 5, answers: [] });
    }
  });

  it("has codes beyond 15 in EDNS", () => {
    const asked = ask("host.test", 1, { udpSize: 512 });
    const query = createQuery();
    readQuery(asked, query);
    const into = new Uint8Array(600);
    expect(read(into.subarray(0, writeRefusal(into, asked, query, 16))).rcode).toBe(16);
  });
});

describe("what is kept", () => {
  it("is kept for its shortest TTL", () => expect(ttlOf(chain, 0, 86_400)).toBe(60));
  it("at most as long as allowed", () => expect(ttlOf(chain, 0, 10)).toBe(10));
  it("as an absence for the SOA's minimum", () => {
    expect(ttlOf({ rcode: NXDOMAIN, answers: [], authorities: [soa("test", 7)] }, 0, 86_400)).toBe(7);
  });
  it("not at all without an SOA (RFC 2308 5)", () => {
    expect(ttlOf({ rcode: NXDOMAIN, answers: [], authorities: [] }, 0, 86_400)).toBe(0);
  });
});

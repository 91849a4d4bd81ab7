import { seededRng } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { MAX_LINKS } from "../../src/dns/answer.ts";
import { MAX_QUESTIONS, STREAM_TIMEOUT, UDP_SIZE } from "../../src/dns/asker.ts";
import { FORMERR, NXDOMAIN, REFUSED, SERVFAIL } from "../../src/wire/dns.ts";
import { a, cname, Network, OTHER, question, reply, SERVER, soa } from "./network.ts";

describe("resolver: a question", () => {
  it("goes to the first server, asks for recursion and offers EDNS0", () => {
    const network = new Network([SERVER, OTHER]);
    network.lookup("www.example.com");
    expect(network.sent).toHaveLength(1);
    expect(network.last.server).toBe(SERVER);
    expect(network.last.message).toMatchObject({ response: false, recursionDesired: true, udpSize: UDP_SIZE });
    expect(network.last.message.questions[0]).toMatchObject({ type: 1, class: 1 });
    expect(network.last.message.questions[0]!.name.toLowerCase()).toBe("www.example.com");
  });
  it("has a port, an identifier and a case of letters that differ from those of the next", () => {
    const network = new Network();
    for (let index = 0; index < 200; index++) network.lookup(`host${index}.example.com`);
    const ports = new Set(network.sent.map(({ port }) => port));
    const ids = new Set(network.sent.map(({ message }) => message.id));
    const tails = new Set(network.sent.map(({ message }) => message.questions[0]!.name.split(".").slice(1).join(".")));
    expect(ports.size).toBe(200);
    expect(ids.size).toBeGreaterThan(190);
    expect(tails.size).toBeGreaterThan(150);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(16_384);
  });
  it("is asked once for all who wait for it", () => {
    const network = new Network();
    const lookups = [network.lookup("a.example"), network.lookup("A.example."), network.lookup("a.example")];
    expect(network.sent).toHaveLength(1);
    network.answer({ answers: [a("a.example", 7)] });
    for (const lookup of lookups) expect(lookup.records).toMatchObject([{ address: 7 }]);
  });
  it("is dropped, and its port given back, when nobody waits any more", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    expect(network.ports.size).toBe(1);
    network.resolver.cancel(lookup);
    network.run(60_000);
    expect(network.ports.size).toBe(0);
    expect(network.sent).toHaveLength(1);
    expect(network.done).toEqual([]);
    expect(network.resolver.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("is repeated with pauses that double, the same datagram each time, and given up", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    network.run(60_000);
    expect(network.sent.map(({ at }) => at - 1000)).toEqual([0, 500, 1500, 3500]);
    expect(
      new Set(network.sent.map(({ port, message }) => `${port} ${message.id} ${message.questions[0]!.name}`)).size,
    ).toBe(1);
    expect(network.done).toEqual([lookup]);
    expect(lookup.failure).toBe("ETIMEOUT");
    expect(network.ports.size).toBe(0);
  });
  it("goes round over several servers, each with its own port and identifier", () => {
    const network = new Network([SERVER, OTHER]);
    network.lookup("a.example");
    network.run(60_000);
    expect(network.sent.map(({ server }) => server)).toEqual(Array(4).fill([SERVER, OTHER]).flat());
    expect(new Set(network.sent.map(({ port }) => port)).size).toBe(2);
  });
  it("is answered by a server that was slow while another is asked", () => {
    const network = new Network([SERVER, OTHER]);
    const lookup = network.lookup("a.example");
    network.run(600);
    expect(network.last.server).toBe(OTHER);
    network.answer({ answers: [a("a.example", 7)] }, network.sent[0]!);
    expect(lookup.records).toHaveLength(1);
  });
  it("asks a server that was silent last, for a minute", () => {
    const network = new Network([SERVER, OTHER]);
    network.lookup("a.example");
    network.run(600);
    network.answer({ answers: [a("a.example", 7)] });
    network.lookup("b.example");
    expect(network.last.server).toBe(OTHER);
    network.run(61_000);
    network.lookup("c.example");
    expect(network.last.server).toBe(SERVER);
  });
  it("fails at once without a server, with one that there is no way to, or when it is no name", () => {
    expect(new Network([]).lookup("a.example").failure).toBe("ENOSERVER");
    const network = new Network();
    network.reachable = () => false;
    expect(network.lookup("a.example").failure).toBe("ECONNREFUSED");
    for (const name of ["", "a..b", "a b", "x".repeat(64)]) expect(network.lookup(name).failure).toBe("EBADNAME");
    expect(network.ports.size).toBe(0);
  });
  it(`is refused beyond ${MAX_QUESTIONS} at once`, () => {
    const network = new Network();
    for (let index = 0; index < MAX_QUESTIONS; index++) network.lookup(`a${index}.example`);
    expect(network.lookup("b.example").failure).toBe("ENOMEM");
    network.run(60_000);
    expect(network.resolver.questions).toBe(0);
    expect(network.ports.size).toBe(0);
  });
});

describe("resolver: an answer", () => {
  const good = { answers: [a("a.example", 7)] };

  it("that does not match the question in every part is dropped and counted", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    const { last } = network;
    expect(network.answer(good, last, { address: OTHER })).toBe(false);
    expect(network.answer(good, last, { port: 54 })).toBe(false);
    expect(network.answer(good, { ...last, port: last.port ^ 1 })).toBe(false);
    expect(network.answer({ ...good, id: last.message.id ^ 1 })).toBe(false);
    expect(network.answer({ ...good, questions: [question("b.example")] })).toBe(false);
    expect(network.answer({ ...good, questions: [question(last.message.questions[0]!.name, 28)] })).toBe(false);
    expect(network.answer({ ...good, questions: [] })).toBe(false);
    expect(network.answer({ ...good, questions: [...last.message.questions, ...last.message.questions] })).toBe(false);
    expect(network.resolver.counters.mismatched).toBe(8);
    expect(network.answer({ ...good, response: false })).toBe(false);
    expect(network.answer({ ...good, opcode: 4 })).toBe(false);
    expect(network.resolver.process(new Uint8Array(1), 0, 1, SERVER, 53, last.port, network.now)).toBe(false);
    expect(network.resolver.counters.malformed).toBe(2);
    expect(lookup.done).toBe(false);
    expect(network.answer(good)).toBe(true);
    expect(lookup.done).toBe(true);
    expect(network.answer(good, last)).toBe(false);
  });
  it("in another case of letters is not believed: TCP is asked", () => {
    const network = new Network();
    const lookup = network.lookup("www.a-long-name.example");
    const name = network.last.message.questions[0]!.name;
    expect(name).not.toBe(name.toLowerCase());
    expect(network.answer({ questions: [question(name.toLowerCase())], answers: [a(name, 6)] })).toBe(false);
    expect(network.resolver.counters.wrongCase).toBe(1);
    expect(lookup.done).toBe(false);
    network.answerStream({ questions: [question(name.toLowerCase())], answers: [a(name, 7)] });
    expect(lookup.records).toMatchObject([{ address: 7 }]);
  });
  it("that is truncated is asked for again over TCP", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    network.answer({ truncated: true, answers: [a("a.example", 6)] });
    expect(lookup.done).toBe(false);
    expect(network.streams).toHaveLength(1);
    network.answerStream({ answers: [a("a.example", 7), a("a.example", 8)] });
    expect(lookup.records).toHaveLength(2);
    expect(network.endedStreams).toBe(1);
    expect(network.ports.size).toBe(0);
  });
  it("over TCP that never comes, or breaks off, makes the next server be asked", () => {
    const network = new Network([SERVER, OTHER]);
    network.lookup("a.example");
    network.answer({ truncated: true });
    network.run(STREAM_TIMEOUT);
    expect(network.last.server).toBe(OTHER);
    const lookup = network.lookup("b.example");
    network.answer({ truncated: true });
    network.resolver.streamFailed(network.streams.at(-1)!.attempt, network.now);
    network.run(0);
    expect(network.last.server).toBe(SERVER);
    network.answer({ answers: [a("b.example", 7)] });
    expect(lookup.records).toHaveLength(1);
  });
  it("SERVFAIL or REFUSED makes the next server be asked at once; of the last one it is the result", () => {
    const network = new Network([SERVER, OTHER]);
    const lookup = network.lookup("a.example");
    network.answer({ rcode: REFUSED });
    expect(network.last.server).toBe(OTHER);
    network.answer({ rcode: SERVFAIL });
    expect(lookup.failure).toBe("ESERVFAIL");
    expect(network.resolver.counters.failures).toBe(2);
  });
  it("FORMERR makes the same server be asked without EDNS0, from then on", () => {
    const network = new Network([SERVER, OTHER]);
    const lookup = network.lookup("a.example");
    network.answer({ rcode: FORMERR, questions: [] });
    expect(network.sent.map(({ server }) => server)).toEqual([SERVER, SERVER]);
    expect(network.last.message.udpSize).toBe(0);
    network.answer({ answers: [a("a.example", 7)] });
    expect(lookup.records).toHaveLength(1);
    network.lookup("b.example");
    expect(network.last.message.udpSize).toBe(0);
    network.answer({ rcode: FORMERR });
    expect(network.last.server).toBe(OTHER);
  });
  it("that only refers to other servers is of no use", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    network.answer({ authorities: [{ name: "example", class: 1, ttl: 60, type: "NS", target: "ns.example" }] });
    expect(lookup.failure).toBe("EBADRESP");
  });
  it("keeps only what lies on the way to the name that was asked for", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    network.answer({
      answers: [a("bank.example", 6), a("a.example", 7)],
      additionals: [a("other.example", 6)],
      authorities: [a("third.example", 6)],
    });
    expect(lookup.records).toMatchObject([{ address: 7 }]);
    expect(network.resolver.cache.size).toBe(1);
  });
});

describe("resolver: aliases", () => {
  it("are followed within a message, in any order", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    network.answer({ answers: [a("c.example", 7), cname("B.example", "c.example"), cname("a.example", "b.example")] });
    expect(lookup.records).toMatchObject([{ name: "c.example", address: 7 }]);
  });
  it("are followed over messages", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    network.answer({ answers: [cname("a.example", "b.example")] });
    expect(network.last.message.questions[0]!.name.toLowerCase()).toBe("b.example");
    network.answer({ answers: [a("b.example", 7)] });
    expect(lookup.records).toMatchObject([{ address: 7 }]);
  });
  it("are remembered, each for its own time", () => {
    const network = new Network();
    network.lookup("a.example");
    network.answer({ answers: [cname("a.example", "b.example", 100), a("b.example", 7, 10)] });
    expect(network.lookup("a.example").records).toMatchObject([{ address: 7 }]);
    network.run(11_000);
    network.lookup("a.example");
    expect(network.last.message.questions[0]!.name.toLowerCase()).toBe("b.example");
  });
  it("in a circle end, within a message and over messages", () => {
    const network = new Network();
    const within = network.lookup("a.example");
    network.answer({ answers: [cname("a.example", "b.example"), cname("b.example", "a.example")] });
    expect(within.failure).toBe("EBADRESP");
    const over = network.lookup("x0.example");
    for (let link = 0; link <= MAX_LINKS + 1 && !over.done; link++) {
      network.answer({ answers: [cname(`x${link}.example`, `x${link + 1}.example`)] });
    }
    expect(over.failure).toBe("EBADRESP");
    expect(network.sent.length).toBeLessThan(MAX_LINKS + 4);
  });
  it("of names that do not exist, or have no such records, say so", () => {
    const network = new Network();
    const missing = network.lookup("a.example");
    const alias = cname("a.example", "gone.example");
    network.answer({ rcode: NXDOMAIN, answers: [alias], authorities: [soa("example", 30)] });
    expect(missing.failure).toBe("ENOTFOUND");
    expect(network.lookup("gone.example").failure).toBe("ENOTFOUND");
    expect(network.lookup("a.example", "CNAME").records).toMatchObject([{ target: "gone.example" }]);
    expect(network.sent).toHaveLength(1);
  });
});

describe("resolver: the cache", () => {
  it("answers until the TTL has passed", () => {
    const network = new Network();
    network.lookup("a.example");
    network.answer({ answers: [a("a.example", 7, 60), a("a.example", 8, 30)] });
    network.run(29_000);
    expect(network.lookup("A.EXAMPLE").records).toHaveLength(2);
    expect(network.sent).toHaveLength(1);
    network.run(2000);
    expect(network.lookup("a.example").done).toBe(false);
    expect(network.sent).toHaveLength(2);
  });
  it("gives records with a TTL of 0 to those who asked, and to nobody else", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    network.answer({ answers: [a("a.example", 7, 0)] });
    expect(lookup.records).toHaveLength(1);
    expect(network.lookup("a.example").done).toBe(false);
  });
  it("remembers that a name does not exist, for all types, as long as the SOA says (RFC 2308)", () => {
    const network = new Network();
    const lookup = network.lookup("a.example");
    network.answer({ rcode: NXDOMAIN, authorities: [soa("example", 30)] });
    expect(lookup.failure).toBe("ENOTFOUND");
    expect(network.lookup("a.example", "TXT").failure).toBe("ENOTFOUND");
    network.run(31_000);
    expect(network.lookup("a.example").done).toBe(false);
  });
  it("remembers that a name has no records of a type, for that type; not without an SOA", () => {
    const network = new Network();
    expect(network.lookup("a.example", "AAAA").done).toBe(false);
    network.answer({ authorities: [soa("example", 30)] });
    expect(network.lookup("a.example", "AAAA").failure).toBe("ENODATA");
    const other = network.lookup("a.example");
    network.answer({});
    expect(other.failure).toBe("ENODATA");
    expect(network.lookup("a.example").done).toBe(false);
  });
  it("does not remember failures of servers", () => {
    const network = new Network();
    network.lookup("a.example");
    network.answer({ rcode: SERVFAIL });
    expect(network.lookup("a.example").done).toBe(false);
  });
});

describe("resolver: search domains", () => {
  it("come first for a name without a dot, last for one with a dot, never for one that ends in a dot", () => {
    const order = (name: string): string[] => {
      const network = new Network([SERVER], ["one.example", "two.example"]);
      const lookup = network.lookup(name);
      for (let index = 0; index < 4 && !lookup.done; index++) {
        network.answer({ rcode: NXDOMAIN, authorities: [soa("example", 30)] });
      }
      expect(lookup.failure).toBe("ENOTFOUND");
      return network.sent.map(({ message }) => message.questions[0]!.name.toLowerCase());
    };
    expect(order("host")).toEqual(["host.one.example", "host.two.example", "host"]);
    expect(order("a.host")).toEqual(["a.host", "a.host.one.example", "a.host.two.example"]);
    expect(order("host.")).toEqual(["host"]);
  });
  it("stop at the first name that has records, and at a failure of the servers", () => {
    const network = new Network([SERVER], ["one.example", "two.example"]);
    const lookup = network.lookup("host");
    network.answer({ rcode: NXDOMAIN });
    network.answer({ answers: [a("host.two.example", 7)] });
    expect(lookup.records).toHaveLength(1);
    const failed = network.lookup("other");
    network.answer({ rcode: SERVFAIL });
    expect(failed.failure).toBe("ESERVFAIL");
  });
  it("that know the name without such records make it ENODATA", () => {
    const network = new Network([SERVER], ["one.example"]);
    const lookup = network.lookup("host");
    network.answer({ authorities: [soa("example", 30)] });
    network.answer({ rcode: NXDOMAIN });
    expect(lookup.failure).toBe("ENODATA");
  });
});

describe("resolver: names of the link", () => {
  const GROUP = 0xe00000fb | 0;

  it("are asked of the group, and any host may answer, in any case of letters", () => {
    const network = new Network([]);
    const lookup = network.lookup("Printer.LOCAL");
    expect(network.last).toMatchObject({
      server: GROUP,
      serverPort: 5353,
      message: { recursionDesired: false, udpSize: 0 },
    });
    const name = network.last.message.questions[0]!.name;
    const lower = { questions: [question(name.toLowerCase())], answers: [a("printer.local", 7)] };
    expect(network.answer(lower, network.last, { address: OTHER, port: 53 })).toBe(false);
    expect(network.answer({ ...lower, id: 1 + network.last.message.id }, network.last, { port: 5353 })).toBe(false);
    expect(network.answer(lower, network.last, { address: OTHER, port: 5353 })).toBe(true);
    expect(lookup.records).toMatchObject([{ address: 7 }]);
    expect(network.streams).toEqual([]);
  });
  it("do not exist when nobody answers three questions; name servers are not asked", () => {
    const network = new Network([SERVER]);
    const lookup = network.lookup("printer.local");
    network.run(60_000);
    expect(network.sent.map(({ at, server }) => [at - 1000, server])).toEqual([
      [0, GROUP],
      [500, GROUP],
      [1500, GROUP],
    ]);
    expect(lookup.failure).toBe("ENOTFOUND");
    expect(network.ports.size).toBe(0);
  });
});

describe("resolver: whatever arrives", () => {
  it("ends every lookup within its time, with nothing left, over links that lose and mangle", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const rng = seededRng(seed);
      const network = new Network([SERVER, OTHER], ["lan"], seed);
      const lookups = Array.from({ length: 5 }, (_, index) => network.lookup(`h${index}.example`));
      let seen = 0;
      for (let round = 0; round < 300; round++) {
        for (; seen < network.sent.length; seen++) {
          const to = network.sent[seen]!;
          if (rng.fraction() < 0.3) continue;
          const name = to.message.questions[0]!.name;
          const index = name.toLowerCase();
          const kinds = [
            { answers: [a(name, 7)] },
            { answers: [cname(name, `x${rng.below(3)}.example`)] },
            { rcode: rng.below(16) },
            { truncated: true },
            { answers: [cname(name, index)] },
          ];
          const bytes = reply(to.message, kinds[rng.below(kinds.length)]!);
          if (rng.fraction() < 0.3) bytes[rng.below(bytes.length)] = rng.below(256);
          const length = rng.fraction() < 0.1 ? rng.below(bytes.length) : bytes.length;
          network.resolver.process(bytes, 0, length, to.server, 53, to.port, network.now);
        }
        network.run(100);
      }
      network.run(300_000);
      for (const lookup of lookups) expect(lookup.done).toBe(true);
      expect(network.done).toHaveLength(5);
      expect(network.ports.size).toBe(0);
      expect(network.resolver.questions).toBe(0);
      expect(network.resolver.pollAt()).toBe(Number.POSITIVE_INFINITY);
    }
  });
});

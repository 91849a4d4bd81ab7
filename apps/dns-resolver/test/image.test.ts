// Booted images against dig, with the test's own upstreams and root: nothing leaves the namespace.
import { curl, GUEST, HOST, residentBytes, runIn, targets } from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blockedNames, blocklistDisk, GUEST_IPV6, missing, type Resolving, ROOT, resolving } from "./fixture.ts";

const suffix = missing ? ` (skipped: ${missing})` : "";
const MILLION = 1_000_000;

interface Shown {
  counters: Record<string, number>;
  cache: { answers: number };
  blocklist: number;
  names: { name: string; count: number }[];
  blockedNames: { name: string }[];
  servers: { address: string; asked: number }[];
}

describe.skipIf(missing !== undefined).each(targets)(`dns-resolver on %s${suffix}`, (target) => {
  describe("forwarding", () => {
    let resolver: Resolving;
    beforeAll(async () => {
      resolver = await resolving(target, [`--upstream=${HOST}`]);
    });
    afterAll(() => resolver?.[Symbol.asyncDispose]());
    const statistics = async () => JSON.parse(await curl(resolver.net, [`http://${GUEST}/api/statistics`])) as Shown;

    it("passes on addresses, aliases and absences", async () => {
      expect(await resolver.dig("host.test")).toMatchObject({
        status: "NOERROR",
        flags: "qr rd ra",
        answers: ["A 192.0.2.1", "A 192.0.2.2"],
      });
      expect((await resolver.dig("alias.test")).answers).toEqual(["CNAME host.test.", "A 192.0.2.1", "A 192.0.2.2"]);
      expect((await resolver.dig("text.test", "TXT")).answers).toEqual(['TXT "hello"']);
      expect(await resolver.dig("missing.test")).toMatchObject({ status: "NXDOMAIN", answers: [] });
      expect(await resolver.dig("fail.test")).toMatchObject({ status: "SERVFAIL" });
    });

    it("asks once for what it knows, whatever the case, and repeats the client's letters", async () => {
      const before = await statistics();
      const again = await resolver.dig("hOsT.TeSt");
      expect(again.answers).toEqual(["A 192.0.2.1", "A 192.0.2.2"]);
      expect(again.text).toMatch(/^;hOsT\.TeSt\.\s/m);
      const after = await statistics();
      // A busy machine may let dig ask twice.
      expect(after.counters.hits).toBeGreaterThan(before.counters.hits!);
      expect(after.counters.misses).toBe(before.counters.misses);
      expect(after.names.find(({ name }) => name === "host.test")?.count).toBeGreaterThanOrEqual(2);
    });

    it("outlives losses, forgeries and servers that change letters", async () => {
      expect((await resolver.dig("slow.test")).answers).toEqual(["A 192.0.2.3"]);
      expect((await resolver.dig("lower.test")).answers).toEqual(["A 192.0.2.4"]);
      expect((await resolver.dig("forged.test")).answers).toEqual(["A 192.0.2.5"]);
    });

    it("sends large answers over TCP", async () => {
      expect((await resolver.dig("many.test", "+ignore")).flags).toBe("qr tc rd ra");
      expect((await resolver.dig("many.test")).answers).toHaveLength(100);
      expect((await resolver.dig("many.test", "+noedns", "+ignore")).flags).toBe("qr tc rd ra");
      expect((await resolver.dig("many.test", "host.test", "+tcp", "+keepopen")).answers).toHaveLength(102);
    });

    it("answers over IPv6, by datagrams and connections", async () => {
      const there = `@${GUEST_IPV6}`;
      expect((await resolver.dig(there, "host.test")).answers).toEqual(["A 192.0.2.1", "A 192.0.2.2"]);
      expect((await resolver.dig(there, "many.test", "+tcp")).answers).toHaveLength(100);
    });

    it("is no help to floods: ANY is small, transfers and snooping are refused", async () => {
      expect((await resolver.dig("many.test", "ANY", "+notcp")).answers).toEqual(['HINFO "RFC8482" ""']);
      expect((await resolver.dig("host.test", "+norecurse")).status).toBe("REFUSED");
      expect((await resolver.dig("host.test", "-c", "CH")).status).toBe("REFUSED");
      expect((await resolver.dig("host.test", "+edns=1", "+noednsnegotiation")).status).toBe("BADVERS");
    });

    it("drops what is no query and goes on", async () => {
      const before = await statistics();
      const noise = `
        const socket = require("dgram").createSocket("udp4");
        const bytes = [Buffer.from("x"), Buffer.alloc(12, 0xff), Buffer.alloc(600, 0x80)];
        bytes.forEach((each) => socket.send(each, 53, "${GUEST}"));
        setTimeout(() => socket.close(), 200);`;
      expect((await runIn(resolver.net, process.execPath, ["-e", noise])).code).toBe(0);
      expect((await resolver.dig("host.test")).status).toBe("NOERROR");
      const { counters } = await statistics();
      expect(counters.malformed).toBe(before.counters.malformed! + 1);
      expect(counters.responses).toBe(before.counters.responses! + 2);
    });

    it("shows it all to people", async () => {
      const page = await curl(resolver.net, [`http://${GUEST}/`]);
      expect(page).toContain("many.test");
      expect(page).toContain(`Asks ${HOST}.`);
      expect(resolver.guest.alive).toBe(true);
    });
  });

  describe("recursing", () => {
    let resolver: Resolving;
    beforeAll(async () => {
      resolver = await resolving(target, [`--roots=${ROOT}`]);
    });
    afterAll(() => resolver?.[Symbol.asyncDispose]());

    it("goes from the root down, past a server that is dead, and tells each no more than it needs", async () => {
      expect((await resolver.dig("www.example.test")).answers).toEqual(["CNAME host.example.test.", "A 192.0.2.10"]);
      const last = "10.0.0.12 example.test A";
      await expect.poll(() => resolver.asked(), { timeout: 60_000 }).toContain(last);
      const root = resolver.asked().filter((line) => line.startsWith(ROOT));
      expect(root.length).toBeGreaterThanOrEqual(1);
      for (const line of root) expect(line).toBe(`${ROOT} test A`);
    });

    it("asks the root no more for what it knows now", async () => {
      const before = resolver.asked().filter((line) => line.startsWith(ROOT)).length;
      expect((await resolver.dig("deep.in.the.example.test")).answers).toEqual(["A 192.0.2.11"]);
      expect(resolver.asked().filter((line) => line.startsWith(ROOT))).toHaveLength(before);
    });

    it("finds servers whose addresses lie in another zone, and follows aliases across zones", async () => {
      expect((await resolver.dig("away.example.test")).answers).toEqual(["CNAME host.glueless.test.", "A 192.0.2.12"]);
    });

    it("says that there is no such name, with how long that holds", async () => {
      const missing = await resolver.dig("no.such.example.test");
      expect(missing.status).toBe("NXDOMAIN");
      expect(missing.text).toMatch(/^example\.test\.\s+\d+\s+IN\s+SOA/m);
      expect(await resolver.dig("host.example.test", "AAAA")).toMatchObject({ status: "NOERROR" });
    });

    it("gives up circles and servers that know nothing", async () => {
      expect((await resolver.dig("circle.example.test")).status).toBe("SERVFAIL");
      expect((await resolver.dig("www.lame.test")).status).toBe("SERVFAIL");
    });

    it("believes nobody about names of others", async () => {
      expect((await resolver.dig("www.poison.test")).answers).toEqual(["A 192.0.2.13"]);
      expect((await resolver.dig("host.example.test")).answers).toEqual(["A 192.0.2.10"]);
    });

    it("asks over TCP for what is truncated", async () => {
      expect((await resolver.dig("many.example.test")).answers).toHaveLength(100);
    });
  });

  it("holds a blocklist of a million names in a machine of 64 MB", async () => {
    const disk = blocklistDisk(MILLION);
    const args = [`--roots=${ROOT}`];
    await using resolver = await resolving(target, args, { disk, memory: 64 });
    expect(resolver.guest.output).toContain(`${MILLION} names blocked`);
    const names = [...blockedNames(10)];
    for (const name of [names[0]!, names[5]!.toUpperCase(), `below.${names[9]!}`]) {
      expect((await resolver.dig(name)).answers, name).toEqual(["A 0.0.0.0"]);
    }
    expect((await resolver.dig(names[3]!, "AAAA")).answers).toEqual(["AAAA ::"]);
    expect((await resolver.dig("host.example.test")).answers).toEqual(["A 192.0.2.10"]);
    // A name of the list behind an alias of a name that is not on it.
    expect((await resolver.dig("cloaked.example.test")).answers).toEqual(["A 0.0.0.0"]);
    const shown = JSON.parse(await curl(resolver.net, [`http://${GUEST}/api/statistics`])) as Shown;
    expect(shown.counters.blocked).toBeGreaterThanOrEqual(5);
    expect(shown.blockedNames.map(({ name }) => name)).toContain(names[0]);
    expect(shown.blocklist).toBe(MILLION);
    if (target === "spt") expect(residentBytes(resolver.guest.pid)).toBeLessThan(72 << 20);
  });
});

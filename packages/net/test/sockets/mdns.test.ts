import { checkCode, Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import type { Stack } from "../../src/index.ts";
import { createDnsMessage, emitDns, parseDns } from "../../src/wire/dns.ts";
import { open } from "./servers.ts";

/** Asks the group for the address of a name, as a plain resolver does. */
async function ask(from: Stack, name: string): Promise<number | undefined> {
  await using socket = from.udp.bind();
  const query = createDnsMessage();
  query.questions.push({ name, type: 1, class: 1 });
  const bytes = new Uint8Array(512);
  socket.send(bytes.slice(0, emitDns(bytes, 0, query)), { address: "224.0.0.251", port: 5353 });
  const { data } = (await socket.receive())!;
  const [record] = parseDns(data, 0, data.length)!.answers;
  return record?.type === "A" ? record.address : undefined;
}

describe("mdns.publish", () => {
  it("makes others on the link find us, and two of one name get two names", async () => {
    const simulation = new Simulation({ seed: 3 });
    await simulation.run(
      (async () => {
        const [one, two, three] = await Promise.all(
          ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => open(simulation, address)),
        );
        const [first, second] = await Promise.all([
          one!.mdns.publish({ name: "printer" }),
          two!.mdns.publish({ name: "printer" }),
        ]);
        expect([first.hostname, second.hostname].sort()).toEqual(["printer-2.local", "printer.local"]);
        expect(await ask(three!, first.hostname)).toBe(0x0a000001);
        expect(await ask(three!, second.hostname)).toBe(0x0a000002);
        expect(await three!.dns.lookup(second.hostname)).toEqual([{ address: "10.0.0.2", family: 4 }]);
        await checkCode("ENOTFOUND", () => three!.dns.lookup("nobody.local"));
        await checkCode("EADDRINUSE", () => one!.mdns.publish({ name: "other" }));
        await checkCode("EINVAL", () => three!.mdns.publish({ name: "a.b" }));
        first.close();
        // The port and the group are free again.
        const again = await one!.mdns.publish({ name: "scanner" });
        expect(again.hostname).toBe("scanner.local");
      })(),
    );
  });
  it("is found over IPv6, by those with one family and by those with both", async () => {
    const simulation = new Simulation({ seed: 5 });
    await simulation.run(
      (async () => {
        const six = { ipv4: "off", ipv6: "auto" };
        const [only, both, other] = await Promise.all([
          open(simulation, "10.0.0.1", six),
          open(simulation, "10.0.0.2", { ipv6: "2001:db8::2/64" }),
          open(simulation, "10.0.0.3", six),
        ]);
        const published = await only!.mdns.publish({ name: "printer" });
        expect(published.hostname).toBe("printer.local");
        const own = only!.ipv6!.addresses.map((each) => each.split(/[%/]/)[0]);
        const lookUp = async (from: Stack) =>
          (await from.dns.lookup("printer.local", { family: 6 })).map(({ address }) => address);
        expect(await lookUp(other!)).toEqual(own);
        expect(await lookUp(both!)).toEqual(own);
        only!.tcp.listen({ port: 80 });
        const flow = await other!.tcp.connect({ host: "printer.local", port: 80 });
        expect(flow.remote.address.split("%")[0]).toBe(own[0]);
        const second = await both!.mdns.publish({ name: "printer" });
        expect(second.hostname).toBe("printer-2.local");
        expect(await lookUp(other!)).toEqual(own);
      })(),
    );
  });
  it("hears nobody who is not on the link, and no group that it did not join", async () => {
    const simulation = new Simulation({ seed: 1 });
    const one = await simulation.run(open(simulation, "10.0.0.1"));
    const near = await simulation.run(open(simulation, "10.0.0.2"));
    const far = await simulation.run(open(simulation, "10.9.9.9"));
    /** Frames on the cable after a question, itself among them. */
    const framesFor = async (from: Stack): Promise<number> => {
      await simulation.pass(5000);
      const before = simulation.frames;
      const asking = ask(from, "printer.local");
      asking.catch(() => {});
      await simulation.pass(5000);
      return simulation.frames - before;
    };
    expect(await framesFor(near)).toBe(1);
    expect(one.counters.dropped.ipv4Destination).toBe(1);
    await simulation.run(one.mdns.publish({ name: "printer" }));
    expect(await framesFor(far)).toBe(1);
    expect(await framesFor(near)).toBeGreaterThan(1);
    expect(one.counters.dropped.ipv4Destination).toBe(1);
  });
});

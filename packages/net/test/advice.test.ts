import { pattern, readAll, Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type Stack, stack } from "../src/index.ts";

const A = 0;
const ARP = 0x06;
const IPV6 = 0xdd;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_ADVERTISEMENT = 136;
/** By so much the last byte of the peer's MAC grows. */
const STEP = 0x10;

/** From now on the peer has another MAC: what goes to the old one is lost, as with another card behind its address. */
function moveHost(simulation: Simulation): { lost: number; asked: string[] } {
  const seen = { lost: 0, asked: [] as string[] };
  let old: number | undefined;
  simulation.filter = (frame, from) => {
    if (from === A) {
      const group = (frame[0]! & 1) === 1;
      if (frame[13] === ARP && frame[12] === 8) seen.asked.push(group ? "all" : "alone");
      if (frame[13] === IPV6 && frame[20] === 58 && frame[54] === NEIGHBOR_SOLICITATION)
        seen.asked.push(group ? "all" : "alone");
      if (group) return true;
      old ??= frame[5]!;
      if (frame[5] === old) {
        seen.lost++;
        return false;
      }
      frame[5]! -= STEP;
      return true;
    }
    frame[11]! += STEP;
    if (frame[13] === ARP) frame[27]! += STEP;
    const type = frame[13] === IPV6 && frame[20] === 58 ? frame[54]! : 0;
    // What the peer asks us would tell us its MAC.
    if (type === NEIGHBOR_SOLICITATION) return false;
    if (type === NEIGHBOR_ADVERTISEMENT) {
      frame[85]! += STEP;
      const view = new DataView(frame.buffer, frame.byteOffset);
      const sum = view.getUint16(56) - STEP;
      view.setUint16(56, sum <= 0 ? sum + 0xffff : sum);
    }
    return true;
  };
  return seen;
}

async function open(simulation: Simulation, parameters: Record<string, string>): Promise<Stack> {
  return (await stack().open(simulation.addHost({ parameters }))) as Stack;
}

/** A transfer during which the receiver's MAC becomes another one. */
async function moves(address: string, ours: Record<string, string>, theirs: Record<string, string>): Promise<void> {
  const simulation = new Simulation({ delay: 1 });
  const data = pattern(100_000, 3);
  await simulation.run(
    (async () => {
      const [a, b] = await Promise.all([open(simulation, ours), open(simulation, theirs)]);
      const listener = b.tcp.listen({ port: 7 });
      const [flow, served] = await Promise.all([a.tcp.connect({ address, port: 7 }), listener.accept()]);
      const seen = moveHost(simulation);
      const began = simulation.now;
      const received = readAll(served!);
      await flow.write(data);
      flow.shutdown();
      expect(Buffer.compare(await received, data)).toBe(0);
      expect(simulation.now - began).toBeLessThan(14_000);
      expect(seen.lost).toBeGreaterThan(3);
      // Those who are not concerned are left alone first.
      expect(seen.asked[0]).toBe("alone");
      expect(seen.asked.at(-1)).toBe("all");
    })(),
    60_000,
  );
}

describe("negative advice from TCP", () => {
  it("ARP: a neighbour whose MAC is another one all at once is found again within seconds, not after a minute", () =>
    moves("10.0.0.2", { ipv4: "10.0.0.1/24", ipv6: "off" }, { ipv4: "10.0.0.2/24", ipv6: "off" }));
  it("NDP: a neighbour whose MAC is another one all at once is found again, though it was REACHABLE just now", () =>
    moves("2001:db8::2", { ipv4: "off", ipv6: "2001:db8::1/64" }, { ipv4: "off", ipv6: "2001:db8::2/64" }));
  it("a gateway that answers is asked now and then only, however many beyond it are silent", async () => {
    const simulation = new Simulation({ delay: 1 });
    await simulation.run(
      (async () => {
        const a = await open(simulation, { ipv4: "10.0.0.1/24", "ipv4-gateway": "10.0.0.2", ipv6: "off" });
        await open(simulation, { ipv4: "10.0.0.2/24", ipv6: "off" });
        let asked = 0;
        simulation.filter = (frame, from) => {
          if (from === A && frame[12] === 8 && frame[13] === ARP) asked++;
          return true;
        };
        const attempts = Array.from({ length: 50 }, (_, index) =>
          a.tcp.connect({ address: `10.9.0.${index + 1}`, port: 7, timeout: 50_000 }),
        );
        for (const { status } of await Promise.allSettled(attempts)) expect(status).toBe("rejected");
        // The first time, and once in ten seconds.
        expect(asked).toBeGreaterThan(1);
        expect(asked).toBeLessThanOrEqual(6);
      })(),
      120_000,
    );
  });
});

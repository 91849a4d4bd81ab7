import { pattern, readAll, Simulation, type SimulationOptions } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type Stack, stack } from "../src/index.ts";

const SYN = 2;
const ACK = 16;
const FIN = 1;

/** What a frame holds of TCP, if it does. */
function tcp(frame: Uint8Array) {
  if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== 6) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const length = view.getUint16(16) - 20 - ((view.getUint8(46) >> 4) << 2);
  return { flags: view.getUint8(47), seq: view.getUint32(38), length, view };
}

/** A server `a` that was asked to listen at port 7, and a client `b`. */
async function pair(simulation: Simulation): Promise<[Stack, Stack]> {
  const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
  const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
  return [a, b];
}

const SERVER = 0;
const CLIENT = 1;

function simulated<T>(
  options: SimulationOptions,
  limit: number,
  body: (simulation: Simulation, a: Stack, b: Stack) => Promise<T>,
): Promise<T> {
  const simulation = new Simulation(options);
  return simulation.run(
    pair(simulation).then(([a, b]) => body(simulation, a, b)),
    limit,
  );
}

/** `data` goes to `a` and comes back, and both ends close. */
async function echo(a: Stack, b: Stack, data: Uint8Array): Promise<Uint8Array> {
  const listener = a.tcp.listen({ port: 7 });
  const serve = async () => {
    const flow = (await listener.accept())!;
    await flow.write(await readAll(flow));
    await flow.close();
  };
  const use = async () => {
    const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7 });
    await flow.write(data);
    flow.shutdown();
    const answer = await readAll(flow);
    await flow.close();
    return answer;
  };
  return (await Promise.all([use(), serve()]))[0];
}

describe("named cases", () => {
  const data = pattern(5_000, 1);

  it("SYN-ACK lost: it is sent again, and the connection serves", () =>
    simulated({ delay: 5 }, 30_000, async (simulation, a, b) => {
      let lost = 0;
      simulation.filter = (frame, from) => {
        const isSynAck = from === SERVER && ((tcp(frame)?.flags ?? 0) & (SYN | ACK)) === (SYN | ACK);
        return !isSynAck || lost++ > 1;
      };
      expect(Buffer.compare(await echo(a, b, data), data)).toBe(0);
      expect(lost).toBeGreaterThan(2);
    }));

  it("handshake ACK lost with data following: the data does its work", () =>
    simulated({ delay: 5 }, 30_000, async (simulation, a, b) => {
      let lost = 0;
      simulation.filter = (frame, from) => {
        const segment = from === CLIENT ? tcp(frame) : undefined;
        if (segment === undefined || segment.flags !== ACK || segment.length > 0 || lost > 0) return true;
        lost++;
        return false;
      };
      const began = simulation.now;
      expect(Buffer.compare(await echo(a, b, data), data)).toBe(0);
      expect(lost).toBe(1);
      expect(simulation.now - began).toBeLessThan(1000);
    }));

  it("data on the handshake ACK is taken: the first ACK that arrives has the request", () =>
    simulated({ delay: 5 }, 30_000, async (simulation, a, b) => {
      simulation.filter = (frame, from) => {
        const segment = from === CLIENT ? tcp(frame) : undefined;
        return segment === undefined || segment.flags !== ACK || segment.length > 0;
      };
      const listener = a.tcp.listen({ port: 7 });
      const [flow, served] = await Promise.all([
        b.tcp.connect({ address: "10.0.0.1", port: 7 }).then(async (opened) => {
          await opened.write(data);
          return opened;
        }),
        listener.accept(),
      ]);
      expect((await served!.read())!.length).toBeGreaterThan(0);
      expect(a.counters.tcp.retransmitted).toBe(0);
      flow.abort();
    }));

  it("an upload-only connection of 20 minutes: one way data, the other only ACKs", () =>
    simulated({ delay: 20, loss: 0.005 }, 30 * 60_000, async (simulation, a, b) => {
      const listener = a.tcp.listen({ port: 7 });
      const received = listener.accept().then((flow) => readAll(flow!));
      const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7 });
      let length = 0;
      while (simulation.now < 20 * 60_000) {
        await flow.write(pattern(4_000, 3));
        length += 4_000;
        // Time passes: nobody has this address.
        await b.icmp.ping("10.0.0.9", { timeout: 500 }).catch(() => undefined);
      }
      flow.shutdown();
      expect((await received).length).toBe(length);
    }));

  it("a first response after 2.5 s of thought: the request is sent once, and acknowledged meanwhile", () =>
    simulated({ delay: 5 }, 30_000, async (simulation, a, b) => {
      const listener = a.tcp.listen({ port: 7 });
      const serve = async () => {
        const flow = (await listener.accept())!;
        await flow.read();
        // Five pings into nowhere, half a second each.
        for (let thought = 0; thought < 5; thought++) {
          await a.icmp.ping("10.0.0.9", { timeout: 500 }).catch(() => undefined);
        }
        await flow.write("answer");
        await flow.close();
      };
      const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7 });
      const served = serve();
      await flow.write("question");
      const began = simulation.now;
      const answer = await readAll(flow);
      await flow.close();
      await served;
      expect(new TextDecoder().decode(answer)).toBe("answer");
      expect(simulation.now - began).toBeGreaterThan(2_000);
      expect(b.counters.tcp.retransmitted).toBe(0);
    }));

  it("a black-holed peer: both writers hear ETIMEDOUT, after 100 s at least", () =>
    simulated({ delay: 5 }, 2 * 3_600_000, async (simulation, a, b) => {
      const listener = a.tcp.listen({ port: 7 });
      const [flow, served] = await Promise.all([b.tcp.connect({ address: "10.0.0.1", port: 7 }), listener.accept()]);
      await flow.write("hello");
      await served!.read();
      simulation.filter = (frame) => tcp(frame) === undefined;
      const began = simulation.now;
      const codes = [flow, served!].map(async (end) => {
        await end.write(pattern(10_000));
        return end.read().then(
          () => "read",
          (error: { code: string }) => error.code,
        );
      });
      expect(await Promise.all(codes)).toEqual(["ETIMEDOUT", "ETIMEDOUT"]);
      expect(simulation.now - began).toBeGreaterThan(100_000);
      expect(a.usage.connections + b.usage.connections).toBe(0);
    }));

  it("sequence numbers across the wrap, at 2^31 and 2^32, either way", async () => {
    const large = pattern(60_000, 4);
    /** The same conversation each time but for the clock, which initial sequence numbers follow. */
    const run = (start: number): Promise<[number, number]> => {
      const simulation = new Simulation({ delay: 5, loss: 0.01, seed: 11 });
      simulation.clock.now = start;
      const initial: [number, number] = [0, 0];
      simulation.filter = (frame, from) => {
        const segment = tcp(frame);
        if (segment !== undefined && (segment.flags & SYN) !== 0) initial[from] = segment.seq;
        return true;
      };
      return simulation.run(
        pair(simulation).then(async ([a, b]) => {
          expect(Buffer.compare(await echo(a, b, large), large)).toBe(0);
          return initial;
        }),
        60_000,
      );
    };
    const before = await run(0);
    for (const end of [SERVER, CLIENT]) {
      for (const wrap of [2 ** 31, 2 ** 32]) {
        // 250 numbers a millisecond: the first 30,000 bytes lie before the wrap.
        const distance = (wrap - 30_000 - before[end]! + 2 ** 33) % 2 ** 32;
        const after = await run(Math.floor(distance / 250));
        const last = after[end]! + large.length;
        expect(after[end]).toBeLessThan(wrap);
        expect(last).toBeGreaterThan(wrap);
      }
    }
  });

  it("a window that stays closed for an hour opens again, and every byte arrives", () =>
    simulated({ delay: 5 }, 3 * 3_600_000, async (simulation, a, b) => {
      const buffers = { receiveBuffer: 4096, sendBuffer: 65_536 };
      const listener = a.tcp.listen({ port: 7, ...buffers });
      const [flow, served] = await Promise.all([
        b.tcp.connect({ address: "10.0.0.1", port: 7, ...buffers }),
        listener.accept(),
      ]);
      const bytes = pattern(50_000, 6);
      await flow.write(bytes);
      flow.shutdown();
      while (simulation.now < 3_600_000) await b.icmp.ping("10.0.0.9", { timeout: 10_000 }).catch(() => undefined);
      const sent = b.counters.tcp.sent;
      expect(sent).toBeLessThan(200);
      expect(Buffer.compare(await readAll(served!), bytes)).toBe(0);
    }));

  it("a FIN that is lost, and the ACK of one that is: both ends close", () =>
    simulated({ delay: 5 }, 60_000, async (simulation, a, b) => {
      const lost = [0, 0];
      simulation.filter = (frame, from) => {
        const segment = tcp(frame);
        if (segment === undefined || (segment.flags & FIN) === 0 || lost[from]! > 0) return true;
        lost[from] = 1;
        return false;
      };
      expect(Buffer.compare(await echo(a, b, data), data)).toBe(0);
      expect(lost).toEqual([1, 1]);
    }));
});

import { checkCode, type FakeHost, Simulation, type SimulationOptions } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type Stack, stack } from "../../src/index.ts";
import { emitNtp, HEADER_LENGTH, parseNtp } from "../../src/wire/ntp.ts";
import { a } from "../dns/network.ts";
import { HOST_A, HOST_B, open, serveDns } from "./servers.ts";

/** A time server that is 20 s ahead of everybody's clock. */
const AHEAD = 20_000;

/** What a server counts, and what it is ahead by. */
interface Served {
  ahead: number;
  questions: number[];
}

async function serveTime(server: Stack, simulation: Simulation, served: Served): Promise<void> {
  const socket = server.udp.bind({ port: 123 });
  for await (const { data, remote } of socket) {
    const request = parseNtp(data, 0, data.length)!;
    const view = new DataView(data.buffer, data.byteOffset);
    served.questions.push(simulation.now);
    const time = simulation.clock.wall() + served.ahead;
    const reply = {
      ...request,
      mode: 4,
      stratum: 1,
      originHigh: view.getInt32(40),
      originLow: view.getInt32(44),
      receive: time,
      transmit: time,
    };
    const bytes = new Uint8Array(HEADER_LENGTH);
    emitNtp(bytes, 0, reply);
    socket.send(bytes, remote);
  }
}

async function withServer(
  use: (client: Stack, simulation: Simulation, served: Served) => Promise<void>,
  options: SimulationOptions = {},
): Promise<void> {
  const simulation = new Simulation({ seed: 1, delay: 10, ...options });
  await simulation.run(
    (async () => {
      const server = await open(simulation, HOST_A);
      const client = await open(simulation, HOST_B, { dns: HOST_A });
      serveDns(server, [a("time.example", 0x0a000001)]);
      const served: Served = { ahead: AHEAD, questions: [] };
      void serveTime(server, simulation, served);
      await use(client, simulation, served);
    })(),
    100 * 3_600_000,
  );
}

/** Lets virtual time pass until `time`. */
function sleep(simulation: Simulation, host: FakeHost, time: number): Promise<void> {
  return new Promise((resolve) => {
    const machine = {
      poll(now: number) {
        if (now < time) return time;
        resolve();
        return Number.POSITIVE_INFINITY;
      },
    };
    if (simulation.now >= time) resolve();
    else host.drive(machine).wake();
  });
}

describe("ntp.keep", () => {
  it("goes on asking, ever more rarely, and follows the server's clock until its signal says so", () =>
    withServer(async ({ ntp }, simulation, served) => {
      const controller = new AbortController();
      const keeping = ntp.keep({ server: HOST_A, signal: controller.signal });
      const ended = expect(keeping).rejects.toBe("enough");
      const off = () => ntp.clock.wall() - simulation.clock.wall() - served.ahead;
      const host = simulation.addHost({ parameters: { ipv4: "10.0.0.9/24", ipv6: "off" } });
      await stack().open(host);
      const until = (time: number) => sleep(simulation, host, time);
      await until(3_600_000);
      expect(Math.abs(off())).toBeLessThan(1);
      // Of four questions each, two seconds apart.
      const begun = served.questions.filter((_, index) => index % 4 === 0);
      const pauses = begun.slice(1).map((at, index) => Math.round((at - begun[index]!) / 1000));
      expect(pauses.slice(0, 5)).toEqual([70, 134, 262, 518, 1030]);
      served.ahead += 60;
      await until(3 * 3_600_000);
      expect(Math.abs(off())).toBeLessThan(1);
      served.ahead += 5000;
      const before = served.questions.length;
      await until(4 * 3_600_000);
      expect(Math.abs(off())).toBeLessThan(1);
      // A step is a reason to ask more often again.
      expect(served.questions.length - before).toBeGreaterThan(4 * 4);
      controller.abort("enough");
      await ended;
      const asked = served.questions.length;
      await until(5 * 3_600_000);
      expect(served.questions.length).toBe(asked);
    }));
  it("goes on when the server was silent for a while", () =>
    withServer(async ({ ntp }, simulation, served) => {
      let silent = true;
      simulation.filter = (frame) => !(silent && frame[23] === 17 && frame[37] === 123);
      const controller = new AbortController();
      const ended = expect(ntp.keep({ server: HOST_A, signal: controller.signal })).rejects.toBe("enough");
      const host = simulation.addHost({ parameters: { ipv4: "10.0.0.9/24", ipv6: "off" } });
      await stack().open(host);
      await sleep(simulation, host, 200_000);
      expect(served.questions).toEqual([]);
      silent = false;
      await sleep(simulation, host, 400_000);
      expect(Math.abs(ntp.clock.wall() - simulation.clock.wall() - AHEAD)).toBeLessThan(1);
      controller.abort("enough");
      await ended;
    }));
});

describe("ntp.sync", () => {
  it("sets the clock by a server's, which it finds by name", () =>
    withServer(async ({ ntp }, simulation) => {
      expect(ntp.clock.wall()).toBeCloseTo(simulation.clock.wall(), 0);
      expect(await ntp.sync({ server: "time.example" })).toBeCloseTo(AHEAD, 0);
      expect(ntp.clock.wall()).toBeCloseTo(simulation.clock.wall() + AHEAD, 0);
      expect(ntp.clock.monotonic()).toBe(simulation.now);
      // Once it is right, there is nothing to add.
      expect(Math.abs(await ntp.sync({ server: HOST_A }))).toBeLessThan(1);
    }));
  it("is right within half of the jitter, whatever the cable loses", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      await withServer(
        async ({ ntp }) => {
          // Four losses in a row of either way happen once in ten times sixteen: then it says so.
          const offset = await ntp.sync({ server: HOST_A, samples: 4 }).catch((error) => error.code);
          if (offset === "ETIMEDOUT") return;
          expect(Math.abs(offset - AHEAD)).toBeLessThanOrEqual(10);
        },
        { seed, loss: 0.2, duplicate: 0.2, jitter: 20 },
      );
    }
  });
  it("rejects when nobody answers, when it takes too long, when its signal says so, and for arguments that make no sense", () =>
    withServer(async ({ ntp }, simulation) => {
      await checkCode("ETIMEDOUT", () => ntp.sync({ server: "10.0.0.77" }));
      const before = simulation.now;
      await checkCode("ETIMEDOUT", () => ntp.sync({ server: "10.0.0.77", timeout: 300 }));
      expect(simulation.now - before).toBeCloseTo(300, -1);
      await checkCode("ENOTFOUND", () => ntp.sync({ server: "nowhere.example" }));
      await checkCode("ENETUNREACH", () => ntp.sync({ server: "192.0.2.1" }));
      await checkCode("EINVAL", () => ntp.sync({ server: HOST_A, samples: 9 }));
      const controller = new AbortController();
      const syncing = ntp.sync({ server: "10.0.0.77", signal: controller.signal });
      const ended = expect(syncing).rejects.toBe("enough");
      await Promise.resolve();
      controller.abort("enough");
      await ended;
    }));
});

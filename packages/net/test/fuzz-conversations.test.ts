import { SoloistError } from "@soloist/interface";
import { byteHelpers, pattern, type SeededRng, Simulation, seededRng } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type Stack, stack } from "../src/index.ts";
import { repairIpv4, repairIpv6 } from "./repair.ts";

/** Conversations; by hand SOLOIST_FUZZ=5000 and more. */
const SEEDS = Number(process.env.SOLOIST_FUZZ ?? 40);
const FIRST = Number(process.env.SOLOIST_FUZZ_FIRST ?? 1);
/** Frames of a hundred that are mutated. */
const SHARE = 6;
const KEPT_ALIVE = { keepAlive: 1000, userTimeout: 5000 };

/** Changes some bytes behind the Ethernet header; mostly, the checksums are made right again: the stack must look at what is inside. */
function mutate(frame: Uint8Array, rng: SeededRng): void {
  for (let flips = 1 + (rng.uint32() & 3); flips > 0; flips--) {
    // Headers mostly.
    const span = (rng.uint32() & 3) === 0 ? frame.length - 14 : Math.min(frame.length - 14, 80);
    frame[14 + (rng.uint32() % span)] = rng.uint32();
  }
  if ((rng.uint32() & 7) === 0) return;
  if (frame[12] === 8 && frame[13] === 0) repairIpv4(frame);
  else if (frame[12] === 0x86) repairIpv6(frame);
}

/** What the mutations do to one conversation is its own affair; what leaves the stack must be one of its errors. */
async function survives(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof SoloistError)) throw error;
  }
}

function serve({ tcp, udp }: Stack, options: object): void {
  void (async () => {
    for await (const flow of tcp.listen({ port: 7, ...KEPT_ALIVE, ...options })) {
      void survives(
        (async () => {
          for (let data = await flow.read(); data; data = await flow.read()) await flow.write(data);
          await flow.close();
        })(),
      );
    }
  })();
  const socket = udp.bind({ port: 7 });
  void (async () => {
    for await (const { data, remote } of socket) {
      try {
        socket.send(data, remote);
      } catch (error) {
        if (!(error instanceof SoloistError)) throw error;
      }
    }
  })();
}

async function echo({ tcp }: Stack, address: string, data: Uint8Array, options: object = {}): Promise<Uint8Array> {
  const flow = await tcp.connect({ address, port: 7, timeout: 20_000, ...KEPT_ALIVE, ...options });
  const parts: Uint8Array[] = [];
  const reading = (async () => {
    for (let part = await flow.read(); part; part = await flow.read()) parts.push(part);
  })();
  await Promise.all([flow.write(data), reading.catch(() => {}), Promise.resolve().then(() => flow.shutdown())]);
  await reading;
  await flow.close();
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function converse(seed: number): Promise<{ mutated: number; usage: Stack["usage"][] }> {
  const simulation = new Simulation({ seed, delay: 1 });
  const rng = seededRng(seed * 7919);
  const open = (own: number) =>
    simulation.run(
      Promise.resolve(
        stack().open(simulation.addHost({ parameters: { ipv4: `10.0.0.${own}/24`, ipv6: `fd00::${own}/64` } })),
      ),
    );
  const a = await open(1);
  const b = await open(2);
  await simulation.pass(4000);
  const options = { timestamps: (seed & 1) !== 0, ecn: (seed & 2) !== 0 };
  serve(a, options);
  let mutated = 0;
  simulation.filter = (frame) => {
    if (rng.uint32() % 100 < SHARE) {
      mutated++;
      mutate(frame, rng);
    }
    return true;
  };
  const socket = b.udp.bind({});
  const say = async (address: string) => {
    for (let index = 0; index < 4; index++) {
      socket.send(pattern(3000, index), { address, port: 7 });
      await socket.receive({ timeout: 300 });
    }
  };
  const data = pattern(20_000, seed);
  const both = ["10.0.0.1", "fd00::1"].flatMap((address) => [
    survives(echo(b, address, data, options)),
    survives(say(address)),
    survives(b.icmp.ping(address, { size: 2000, timeout: 1000 })),
  ]);
  await simulation.run(Promise.all(both), 3_600_000);
  socket.close();
  simulation.filter = () => true;
  // Poisoned caches of neighbours and paths are good again by then, and whoever is silent has been given up.
  await simulation.pass(1_800_000);
  for (const address of ["10.0.0.1", "fd00::1"]) {
    const answer = await simulation.run(echo(b, address, data), 60_000);
    expect(byteHelpers.equal(answer, 0, data, 0, data.length) && answer.length === data.length, address).toBe(true);
  }
  await simulation.pass(120_000);
  return { mutated, usage: [a.usage, b.usage] };
}

describe("conversations whose frames are mutated on their way", () => {
  it(`${SEEDS} of them: nothing throws, nothing stays in memory, and afterwards all is as it was`, {
    timeout: 60_000 + SEEDS * 5000,
  }, async () => {
    let mutations = 0;
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const { mutated, usage } = await converse(seed).catch((error) => {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
      });
      mutations += mutated;
      for (const each of usage)
        expect({ seed, ...each }).toMatchObject({ seed, connections: 0, bufferBytes: 0, fragmentBytes: 0 });
    }
    expect(mutations).toBeGreaterThan(SEEDS);
  });
});

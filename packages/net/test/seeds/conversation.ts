import { offloading, pattern, type SeededRng, Simulation, type SimulationOptions, seededRng } from "@soloist/testing";
import { type Stack, stack, type TcpSocketOptions } from "../../src/index.ts";

/** What a seed decides: the cable, both ends' options, and what they say to each other. */
export interface Scenario {
  readonly link: SimulationOptions;
  readonly server: TcpSocketOptions;
  readonly client: TcpSocketOptions;
  /** Whether devices fill in checksums, cut and join segments. */
  readonly offloads: boolean;
  readonly connections: number;
  /** Bytes to the server, and back. */
  readonly up: number;
  readonly down: number;
  /** Largest write, and largest read. */
  readonly write: number;
  readonly read: number;
}

export interface Outcome {
  /** Milliseconds of virtual time. */
  readonly time: number;
  readonly frames: number;
  readonly retransmitted: number;
  readonly timeouts: number;
  /** Ends that never learnt whether their last byte had arrived: the peer's TIME-WAIT was over before an ACK got through. */
  readonly unsure: number;
  /** 1: a connection was given up, as the RFCs say, over a cable that loses one frame in five or more. */
  readonly gaveUp: number;
}

/** Virtual milliseconds that a conversation may take: the worst cables lose half of all that is sent twice. */
const LIMIT = 4 * 3_600_000;

function pick<T>(rng: SeededRng, list: readonly T[]): T {
  return list[rng.below(list.length)]!;
}

function endOptions(rng: SeededRng): TcpSocketOptions {
  const options: { -readonly [K in keyof TcpSocketOptions]: TcpSocketOptions[K] } = {
    congestion: pick(rng, ["westwood", "westwood", "cubic", "newReno"] as const),
    timestamps: rng.below(2) === 0,
    noDelay: rng.below(4) !== 0,
  };
  const ecn = rng.below(3);
  if (ecn > 0) options.ecn = ecn === 1;
  if (rng.below(2) === 0) options.receiveBuffer = pick(rng, [2048, 4096, 9000, 32_768, 131_072]);
  if (rng.below(2) === 0) options.sendBuffer = pick(rng, [2048, 5000, 32_768, 131_072]);
  return options;
}

/** Half of all cables are good ones with one fault, the others have everything. */
export function scenario(seed: number): Scenario {
  const rng = seededRng(seed * 2 + 1);
  const some = (list: readonly number[]) => (rng.below(2) === 0 ? 0 : pick(rng, list));
  const link: { -readonly [K in keyof SimulationOptions]: SimulationOptions[K] } = {
    seed,
    loss: some([0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3]),
    duplicate: some([0.01, 0.1, 0.3]),
    reorder: some([0.01, 0.1, 0.3]),
    corrupt: some([0.001, 0.02]),
    delay: pick(rng, [0.05, 1, 10, 50, 150, 400]),
    jitter: some([0.5, 10, 50]),
    mtu: pick(rng, [576, 1280, 1500, 1500]),
  };
  if (rng.below(4) === 0) {
    link.rate = pick(rng, [12_500, 125_000, 1_250_000]);
    link.queue = pick(rng, [4, 20, 100]);
  }
  if (rng.below(4) === 0) link.rxQueue = pick(rng, [2, 8, 32]);
  const size = () => pick(rng, [0, 1, 500, 3000, 20_000, 60_000]);
  return {
    link,
    server: endOptions(rng),
    client: endOptions(rng),
    offloads: seed % 4 === 3,
    connections: pick(rng, [1, 1, 1, 2, 4]),
    up: size(),
    down: size(),
    write: pick(rng, [1, 100, 1460, 10_000, 65_536]),
    read: pick(rng, [100, 1460, 65_536]),
  };
}

type Flow = Awaited<ReturnType<Stack["tcp"]["connect"]>>;

/** Three ARP requests in a row may be lost: then a connection attempt fails, and is made again. */
async function reach(connect: () => Promise<Flow>): Promise<Flow> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect();
    } catch (error) {
      if ((error as { code?: string }).code !== "EHOSTUNREACH" || attempt === 20) throw error;
    }
  }
}

async function say(flow: Flow, bytes: Uint8Array, most: number): Promise<void> {
  // A byte at a time is a case, but not for sixty thousand of them.
  const step = Math.max(most, bytes.length >> 8);
  for (let at = 0; at < bytes.length; at += step) await flow.write(bytes.subarray(at, at + step));
  flow.shutdown();
}

async function hear(flow: Flow, expected: Uint8Array, most: number, who: string): Promise<void> {
  const into = new Uint8Array(Math.max(most, expected.length >> 8));
  let length = 0;
  for (;;) {
    const taken = flow.readInto(into, 0);
    if (taken < 0) break;
    if (taken === 0) {
      await flow.whenReadable();
      continue;
    }
    for (let index = 0; index < taken; index++) {
      if (into[index] !== expected[length + index]) throw new Error(`${who}: byte ${length + index} is wrong`);
    }
    length += taken;
  }
  if (length !== expected.length) throw new Error(`${who}: ${length} bytes instead of ${expected.length}`);
}

/**
 * Two stacks talk to each other as the seed says. Rejects when a byte is wrong, an end does not close regularly, nothing goes
 * on any more, it takes longer than four virtual hours, or a stack holds on to connections or memory afterwards.
 */
export async function converse(seed: number): Promise<Outcome> {
  const plan = scenario(seed);
  const simulation = new Simulation(plan.link);
  const up = pattern(plan.up, seed);
  const down = pattern(plan.down, seed + 1);
  const stacks: Stack[] = [];
  let unsure = 0;
  const close = (flow: Flow) =>
    flow.close().catch((error: { code?: string }) => {
      if (error.code !== "ECONNRESET" && error.code !== "ETIMEDOUT") throw error;
      unsure++;
    });
  const talk = async () => {
    const host = (ipv4: string) =>
      simulation.addHost({ parameters: { ipv4, ipv6: "off" }, ...(plan.offloads ? { wrap: offloading } : {}) });
    const a = await stack().open(host("10.0.0.1/24"));
    const b = await stack().open(host("10.0.0.2/24"));
    stacks.push(a, b);
    const listener = a.tcp.listen({ port: 7, ...plan.server });
    const serve = async () => {
      const flow = (await listener.accept()) as Flow;
      await Promise.all([say(flow, down, plan.write), hear(flow, up, plan.read, "server")]);
      await close(flow);
    };
    const use = async () => {
      const flow = await reach(() => b.tcp.connect({ address: "10.0.0.1", port: 7, ...plan.client }));
      await Promise.all([say(flow, up, plan.write), hear(flow, down, plan.read, "client")]);
      await close(flow);
    };
    const ends: Promise<void>[] = [];
    for (let index = 0; index < plan.connections; index++) ends.push(serve(), use());
    await Promise.all(ends);
    listener.close();
  };
  try {
    await simulation.run(talk(), LIMIT);
  } catch (error) {
    const { code } = error as { code?: string };
    // Where the peer's link address was asked for in vain when the time was up, that is what is said.
    const isGivenUp = code === "ECONNRESET" || code === "ETIMEDOUT" || code === "EHOSTUNREACH";
    if ((plan.link.loss ?? 0) < 0.2 || !isGivenUp) throw error;
    return { time: simulation.now, frames: simulation.frames, retransmitted: 0, timeouts: 0, unsure: 0, gaveUp: 1 };
  }
  const { now: time, frames } = simulation;
  // TIME-WAIT, LAST-ACK, and rings that are kept for a moment.
  await simulation.pass(30 * 60_000);
  let retransmitted = 0;
  let timeouts = 0;
  for (const { usage, counters } of stacks) {
    if (usage.connections > 0) throw new Error(`${usage.connections} connections are left half an hour later`);
    if (usage.bufferBytes > 0) throw new Error(`${usage.bufferBytes} bytes of buffers are left`);
    retransmitted += counters.tcp.retransmitted;
    timeouts += counters.tcp.timeouts;
  }
  return { time, frames, retransmitted, timeouts, unsure, gaveUp: 0 };
}

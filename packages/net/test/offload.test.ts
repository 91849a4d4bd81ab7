import type { NetDevice } from "@soloist/interface";
import {
  FakeHost,
  offloading,
  pattern,
  QueueDevice,
  readAll,
  Simulation,
  type SimulationOptions,
} from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type Stack, stack } from "../src/index.ts";

type Offloading = ReturnType<typeof offloading>;

const ADDRESSES = { 4: ["10.0.0.1", "10.0.0.2"], 6: ["2001:db8::1", "2001:db8::2"] } as const;

interface Pair {
  readonly simulation: Simulation;
  readonly stacks: readonly [Stack, Stack];
  readonly devices: readonly (Offloading | undefined)[];
}

/** Two stacks, of which those that `able` says have a device that does everything. */
async function pair(options: SimulationOptions, able: readonly [boolean, boolean]): Promise<Pair> {
  const simulation = new Simulation(options);
  const devices: (Offloading | undefined)[] = [];
  const open = async (index: 0 | 1): Promise<Stack> => {
    const wrap = (device: NetDevice) => {
      const wrapped = offloading(device);
      devices[index] = wrapped;
      return wrapped;
    };
    const parameters = { ipv4: `${ADDRESSES[4][index]}/24`, ipv6: `${ADDRESSES[6][index]}/64` };
    return stack().open(simulation.addHost(able[index] ? { parameters, wrap } : { parameters }));
  };
  const stacks = await simulation.run(Promise.all([open(0), open(1)]));
  await simulation.pass(3000);
  return { simulation, stacks, devices };
}

/** Sends `bytes` to the other stack and back; true: all arrived as they left. */
async function echo({ simulation, stacks }: Pair, address: string, bytes: Uint8Array): Promise<boolean> {
  const [server, client] = stacks;
  const talk = async () => {
    const listener = server.tcp.listen({ port: 7 });
    const serve = async () => {
      await using flow = (await listener.accept())!;
      for (let data = await flow.read(); data; data = await flow.read()) await flow.write(data);
    };
    const use = async () => {
      // A cable that loses one frame in ten loses three questions for a neighbour now and then.
      const connect = () => client.tcp.connect({ address, port: 7 });
      await using flow = await connect().catch(connect);
      const write = async () => {
        await flow.write(bytes);
        flow.shutdown();
      };
      const [, answer] = await Promise.all([write(), readAll(flow)]);
      return answer.length === bytes.length && answer.every((byte, at) => byte === bytes[at]);
    };
    const [same] = await Promise.all([use(), serve()]);
    listener.close();
    return same;
  };
  return simulation.run(talk(), 3_600_000);
}

const MTU = 1500;

describe("a device that fills in checksums, cuts and joins segments", () => {
  for (const family of [4, 6] as const) {
    for (const able of [
      [true, true],
      [true, false],
      [false, true],
    ] as const) {
      it(`IPv${family}, able: ${able.join(", ")}: a megabyte comes back, nothing on the cable is longer than the MTU or wrong`, async () => {
        const two = await pair({ seed: 5, delay: 0.5 }, able);
        let longest = 0;
        two.simulation.filter = (frame) => {
          longest = Math.max(longest, frame.length);
          return true;
        };
        expect(await echo(two, ADDRESSES[family][0], pattern(1 << 20, 1))).toBe(true);
        expect(longest).toBe(MTU + 14);
        for (const { counters } of two.stacks) {
          expect(counters.dropped).toMatchObject({ tcpChecksum: 0, ipv4Checksum: 0, tcpMalformed: 0 });
          expect(counters.tcp.retransmitted).toBe(0);
        }
        for (const device of two.devices) {
          if (device === undefined) continue;
          expect(device.large.sent).toBeGreaterThan(20);
          expect(device.large.received).toBeGreaterThan(20);
        }
      });
    }
  }

  it.each([0.01, 0.1])("every byte is right over a cable that loses and spoils %d of all frames", async (rate) => {
    const faults = { loss: rate, corrupt: rate / 2, duplicate: rate, reorder: rate };
    const two = await pair({ seed: 9, delay: 5, ...faults }, [true, true]);
    expect(await echo(two, ADDRESSES[4][0], pattern(300_000, 2))).toBe(true);
    expect(await echo(two, ADDRESSES[6][0], pattern(300_000, 3))).toBe(true);
    for (const device of two.devices) expect(device!.large.sent).toBeGreaterThan(0);
  });

  it("connections with ourselves need no device to complete them", async () => {
    const two = await pair({ seed: 3 }, [true, true]);
    const alone: Pair = { ...two, stacks: [two.stacks[0], two.stacks[0]] };
    for (const address of ["127.0.0.1", ADDRESSES[4][0], "::1", ADDRESSES[6][0]]) {
      expect(await echo(alone, address, pattern(200_000, 4))).toBe(true);
    }
    expect(two.stacks[0].counters.dropped.tcpChecksum).toBe(0);
  });
});

describe("received checksums", () => {
  /** A datagram for port 9, its checksum wrong. */
  function datagram(): Uint8Array {
    const frame = new Uint8Array(60);
    frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, 17, 0x26, 0xcb]);
    frame.set([10, 0, 0, 2, 10, 0, 0, 1, 0, 53, 0, 9, 0, 12, 0xde, 0xad, 1, 2, 3, 4], 26);
    return frame;
  }

  it.each([
    ["is vouched for", true],
    ["is not", false],
  ])("of a datagram that %s", async (_, vouched) => {
    const device = new QueueDevice();
    const host = new FakeHost({ netDevices: [device], parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } });
    const able = Object.assign(device, {
      offloads: { checksum: false, segments4: 0, segments6: 0 },
      rxChecked: vouched,
    });
    const { udp, counters } = await stack().open(host);
    udp.bind({ port: 9 });
    able.deliver(datagram());
    for (const machine of host.machines) machine.poll(0);
    expect(counters.dropped).toMatchObject({ udpChecksum: vouched ? 0 : 1, ipv4Checksum: 0, udpPort: 0 });
  });
});

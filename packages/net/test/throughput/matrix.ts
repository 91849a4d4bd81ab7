import { pattern, Simulation, type SimulationOptions } from "@soloist/testing";
import { stack, type TcpSocketOptions } from "../../src/index.ts";

const SIZE = 256 * 1024;
const SEEDS = 6;
const data = pattern(SIZE, 9);

/** Bytes a second of one transfer one way; throws when a byte is wrong. */
async function transfer(link: SimulationOptions, options: TcpSocketOptions): Promise<number> {
  const simulation = new Simulation(link);
  const time = await simulation.run(
    (async () => {
      const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
      const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
      const listener = a.tcp.listen({ port: 7, ...options });
      const began = simulation.now;
      const receive = async () => {
        const flow = (await listener.accept())!;
        const received = new Uint8Array(SIZE + 1);
        let length = 0;
        for (;;) {
          const taken = flow.readInto(received, length);
          if (taken < 0) break;
          length += taken;
          if (taken === 0) await flow.whenReadable();
        }
        if (Buffer.compare(received.subarray(0, length), data) !== 0) throw new Error("bytes are wrong");
        return simulation.now - began;
      };
      const received = receive();
      const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7, ...options });
      await flow.write(data);
      flow.shutdown();
      return received;
    })(),
    24 * 3_600_000,
  );
  return (SIZE / time) * 1000;
}

export type Matrix = Record<string, number>;

/** Loss, reordering and duplication in percent each way; delay in milliseconds one way; buffers and MTU in bytes. */
export async function measure(): Promise<Matrix> {
  const matrix: Matrix = {};
  for (const loss of [0, 1, 10]) {
    for (const reorder of [0, 10]) {
      for (const duplicate of [0, 5]) {
        for (const delay of [1, 50]) {
          for (const buffers of [8192, 65_536, 0]) {
            for (const mtu of [576, 1500]) {
              const name = `loss ${loss} %, reorder ${reorder} %, duplicate ${duplicate} %, delay ${delay} ms, buffers ${buffers || "automatic"}, MTU ${mtu}`;
              const options = buffers === 0 ? {} : { receiveBuffer: buffers, sendBuffer: buffers };
              let sum = 0;
              for (let seed = 1; seed <= SEEDS; seed++) {
                const rates = { loss: loss / 100, reorder: reorder / 100, duplicate: duplicate / 100 };
                sum += await transfer({ seed, ...rates, delay, mtu }, options);
              }
              matrix[name] = Math.round(sum / SEEDS);
            }
          }
        }
      }
    }
  }
  return matrix;
}

export const SNAPSHOT: URL = new URL("snapshot.json", import.meta.url);

import { pattern, Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { stack } from "../src/index.ts";

const ADDRESSES = { 4: ["10.0.0.1", "10.0.0.2"], 6: ["2001:db8::1", "2001:db8::2"] } as const;

describe.each([4, 6] as const)("a path over IPv%i that swallows what is too large without a word", (family) => {
  it("gets packets as large as it takes, whenever that changes, and every byte arrives (RFC 4821)", async () => {
    const simulation = new Simulation({ seed: 11, delay: 5 });
    let most = 1500;
    let largest = 0;
    simulation.filter = (frame) => {
      const length = frame.length - 14;
      if (length <= most) largest = Math.max(largest, length);
      return length <= most;
    };
    const open = (index: 0 | 1) => {
      const parameters = { ipv4: `${ADDRESSES[4][index]}/24`, ipv6: `${ADDRESSES[6][index]}/64` };
      return stack().open(simulation.addHost({ parameters }));
    };
    const [a, b] = await simulation.run(Promise.all([open(0), open(1)]));
    await simulation.pass(3000);
    const address = ADDRESSES[family][0];
    const listener = a.tcp.listen({ port: 7 });
    const [flow, accepted] = await simulation.run(
      Promise.all([b.tcp.connect({ address, port: 7 }), listener.accept()]),
    );
    const data = pattern(20_000, 5);
    const received = new Uint8Array(data.length);
    /** 20 kB every two seconds; returns the largest packet of the last minute. */
    const talk = async (minutes: number): Promise<number> => {
      for (let round = 0; round < minutes * 30; round++) {
        if (round === (minutes - 1) * 30) largest = 0;
        await simulation.run(
          (async () => {
            await flow.write(data);
            for (let length = 0; length < data.length; ) {
              const taken = accepted!.readInto(received, length);
              if (taken === 0) await accepted!.whenReadable();
              length += taken;
            }
          })(),
        );
        expect(Buffer.compare(received, data)).toBe(0);
        await simulation.pass(2000);
      }
      return largest;
    };
    expect(await talk(1)).toBe(1500);
    most = 1376;
    const found = await talk(4);
    expect(found).toBeLessThanOrEqual(1376);
    expect(found).toBeGreaterThan(1376 - 16);
    expect(b.counters.tcp.blackHoles).toBe(1);
    most = 1500;
    expect(await talk(12)).toBe(1500);
    // Beside the ones that found the path out.
    expect(b.counters.tcp.timeouts).toBeLessThan(10);
  });
});

import { netDeviceSuite } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { createLink } from "../src/link.ts";

const perfect = { drop: 0, corrupt: 0, delay: 0, seed: 1 };

describe("the gateway's end of a link keeps the contract of network devices", () => {
  const suite = netDeviceSuite((use) => {
    const link = createLink("service", perfect);
    return use({
      device: link.gateway,
      deliver: (frame) => link.transmit(frame),
      sent: () => link.arrived.splice(0),
    });
  });
  for (const { name, run } of suite) it(name, run);
});

describe("a bad link", () => {
  const survivors = (seed: number): number[] => {
    const link = createLink("service", { ...perfect, drop: 0.5, seed });
    for (let index = 0; index < 100; index++) link.transmit(new Uint8Array(60).fill(index));
    const numbers: number[] = [];
    for (let length = link.gateway.read(); length > 0; length = link.gateway.read()) {
      numbers.push(link.gateway.rxBuffer[link.gateway.rxOffset]!);
    }
    return numbers;
  };

  it("loses frames, the same for the same seed", () => {
    expect(survivors(7).length).toBeGreaterThan(0);
    expect(survivors(7).length).toBeLessThan(100);
    expect(survivors(7)).toEqual(survivors(7));
    expect(survivors(7)).not.toEqual(survivors(8));
  });

  it("flips one bit of what it damages", () => {
    const link = createLink("service", { ...perfect, corrupt: 1 });
    link.transmit(new Uint8Array(60));
    const length = link.gateway.read();
    const at = link.gateway.rxOffset;
    const bits = [...link.gateway.rxBuffer.subarray(at, at + length)].map((byte) =>
      byte.toString(2).replaceAll("0", ""),
    );
    expect(bits.join("")).toBe("1");
  });

  it("delivers late what is delayed", async () => {
    const link = createLink("service", { ...perfect, delay: 5 });
    link.transmit(new Uint8Array(60));
    expect(link.gateway.read()).toBe(0);
    let length = 0;
    while (length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      length = link.gateway.read();
    }
    expect(length).toBe(60);
  });
});

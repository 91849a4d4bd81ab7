import { describe, expect, it } from "vitest";
import { commonSource, missing, runOnHost, targetSource, testSource } from "./machine.ts";

describe.skipIf(missing !== undefined)(`played${missing === undefined ? "" : ` (not run: no ${missing})`}`, () => {
  it("net: whatever a device writes into its rings, frames stay in their slots", () => {
    const seeds = Array.from({ length: 40 }, (_, n) => n + 1);
    const sources = [targetSource("net.c"), commonSource("net-header.c"), testSource("net-fuzz.c")];
    const outputs = runOnHost("net-fuzz", sources, seeds);
    for (const output of outputs)
      expect(output).toMatch(/^SUCCESS \d+ frames, \d+ sent, [1-9]\d* dropped, \d+ large of [0-9a-f]+\n$/);
    expect(outputs.filter((output) => !output.includes(" 0 large")).length).toBeGreaterThan(2);
  });

  it("time: right from boot to two weeks later on KVM's clock, told frequencies, the ACPI timer, the PIT, none", () => {
    const machines = [0, 1, 2, 3, 4, 5, 6, 7];
    for (const output of runOnHost("clocks", [targetSource("time.c"), testSource("clocks.c")], machines))
      expect(output).toMatch(/SUCCESS\n$/);
  });
});

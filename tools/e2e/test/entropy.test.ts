// Where random numbers come from when the processor has no instruction for them.
import { boots, type Target, targets } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const machines: { target: Target; cpu: string; what: string }[] = [
  ...targets.map((target) => ({ target, cpu: "max", what: "the processor's instructions" })),
  // The seed is then timing jitter, hashed; crypto.subtle's keys come from the same generator.
  { target: "virtio", cpu: "max,-rdrand,-rdseed", what: "neither rdrand nor rdseed" },
];

describe.each(machines)("$target with $what", ({ target, cpu }) => {
  it("boots, and no random number of one boot comes in another", async () => {
    const seen: unknown[] = [];
    for (let boot = 0; boot < 3; boot++) {
      const { code, output } = await boots("tools/e2e/apps/random.ts", target, { cpu });
      expect({ code, output }).toMatchObject({ code: 0 });
      seen.push(...Object.values(JSON.parse(output) as Record<string, unknown>));
    }
    expect(seen).toHaveLength(15);
    expect(new Set(seen).size).toBe(15);
  });
});

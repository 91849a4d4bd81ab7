import { describe, expect, it } from "vitest";
import { loadBase } from "../../src/base.ts";
import { findCommand } from "../../src/run/find-command.ts";
import { hasRun, probe } from "../../src/run/kvm.ts";
import { QEMU } from "../../src/run/qemu.ts";

describe("KVM works when the bare kernel", () => {
  // As seen in QEMU 7.2 on Linux 6.1's KVM.
  it("says that it has no app and ends with its code", () => {
    const said = "soloist: fatal: this is a base without an app: build an image with `soloist build`\n";
    expect(hasRun(255, said)).toBe(true);
  });

  it.each([
    ["says nothing and is stopped", 143, ""],
    ["resets the machine", 0, ""],
    ["makes QEMU abort", 134, ""],
    ["never starts", 1, ""],
    ["lacks something of the processor", 3, "soloist: this processor lacks 'POPCNT' (QEMU: add -cpu max)\n"],
    ["meets an exception", 255, "soloist: fatal: processor exception: invalid instruction\n"],
    ["is stopped behind its words", 143, "soloist: fatal: this is a base without an app: build"],
  ])("not when it %s", (_, code, said) => {
    expect(hasRun(code, said)).toBe(false);
  });
});

const missing = (() => {
  if (findCommand(QEMU) === undefined) return QEMU;
  try {
    loadBase("virtio");
  } catch {
    return "built kernel";
  }
  return undefined;
})();

it.skipIf(missing !== undefined)(
  `the bare kernel passes on a processor that works${missing === undefined ? "" : ` (not run: no ${missing})`}`,
  async () => {
    expect(await probe("tcg", 150_000)).toBe(true);
  },
);

it.skipIf(missing !== undefined)("one that is stopped early does not", async () => {
  expect(await probe("tcg", 0)).toBe(false);
});

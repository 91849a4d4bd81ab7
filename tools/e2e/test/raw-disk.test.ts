// Disks of `soloist package --raw`, booted by both firmwares of QEMU.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { build, curl, freePort, Guest, here, image, soloist, UEFI_FIRMWARE } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

/** Packages an app; the path of the disk. */
function disk(app: string, args: readonly string[] = []): string {
  const file = build(app, "virtio");
  const out = dirname(image("raw"));
  const result = spawnSync(soloist, ["package", file, "--raw", "--out", out, "--", ...args], { encoding: "utf8" });
  expect(result.stderr).toContain("qemu-system-x86_64 ");
  expect(result.status, result.stderr).toBe(0);
  return result.stdout.trim();
}

describe("by BIOS", () => {
  it("the app runs, with the arguments that the disk was made with", async () => {
    await using guest = Guest.boot({
      target: "virtio",
      image: disk("apps/hello", ["--who=Ada Lovelace"]),
      disk: { firmware: "bios" },
      memory: 32,
    });
    expect(await guest.code()).toBe(0);
    expect(guest.output).toContain("Hello Ada Lovelace!");
  });

  it("a machine with too little memory says so on its serial port", async () => {
    const options = { target: "virtio", image: disk("apps/hello"), disk: { firmware: "bios" }, memory: 6 } as const;
    await using guest = Guest.boot(options);
    await guest.says(/soloist: the machine has too little memory for this image/);
  });

  it("the disk that it was booted from is not taken for one with data", async () => {
    const data = image("raw-data.img");
    writeFileSync(data, new Uint8Array(64 * 512));
    await using guest = Guest.boot({
      target: "virtio",
      image: disk("tools/e2e/apps/block.ts"),
      disk: { firmware: "bios", virtio: true },
      blocks: { storage: data },
    });
    expect(await guest.code()).toBe(0);
    expect(guest.output).toMatch(/^64 blocks of 512\r?$/m);
    expect(guest.output).toContain("SUCCESS");
    expect(readFileSync(data)[1]).toBe(7);
  });
});

const hasUefi = existsSync(UEFI_FIRMWARE);
describe.skipIf(!hasUefi)(`by UEFI${hasUefi ? "" : ` (not run: no ${UEFI_FIRMWARE}, of Debian's ovmf)`}`, () => {
  it("a server answers through its network device", async () => {
    const port = await freePort();
    await using guest = Guest.boot({
      target: "virtio",
      image: disk("apps/web-server"),
      disk: { firmware: "uefi" },
      memory: 128,
      forward: { from: port, to: 80 },
    });
    await guest.says(/listening/i, 280); // the firmware alone takes 4 s of a processor
    expect(await curl(here, [`http://127.0.0.1:${port}/hello/Ada`])).toBe("Hello Ada!\n");
  });
});

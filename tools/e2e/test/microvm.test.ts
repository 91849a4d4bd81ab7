// The machine of `soloist package --firecracker`, played by QEMU's microvm: devices over MMIO, named on the command line.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  ADDRESS,
  build,
  client,
  curl,
  freePort,
  GUEST,
  Guest,
  HOST,
  here,
  image,
  Namespace,
  namespacesMissing,
  peerStatus,
  soloist,
} from "@soloist/tool-e2e";
import { expect, it } from "vitest";

const missing = namespacesMissing();

function machine(app: string, options: readonly string[] = []) {
  const out = dirname(image("firecracker"));
  const command = ["package", build(app, "virtio"), "--firecracker", "--out", out, ...options];
  const result = spawnSync(soloist, command, { encoding: "utf8" });
  expect(result.stderr).toContain("firecracker --no-api --config-file ");
  expect(result.status, result.stderr).toBe(0);
  const recipe = JSON.parse(readFileSync(result.stdout.trim(), "utf8"));
  const { kernel_image_path, boot_args } = recipe["boot-source"];
  return {
    target: "virtio",
    microvm: true,
    image: kernel_image_path,
    // Firecracker appends this word.
    args: [boot_args, "pci=off"],
    memory: recipe["machine-config"].mem_size_mib,
    blocks: Object.fromEntries(
      recipe.drives.map((drive: Record<string, string>) => [drive.drive_id, drive.path_on_host]),
    ),
  } as const;
}

it("a server answers, with the arguments of the recipe", async () => {
  const port = await freePort();
  const options = machine("apps/web-server", ["--mem", "48", "--", "--log-format=json"]);
  await using guest = Guest.boot({ ...options, forward: { from: port, to: 80 } });
  await guest.says(/"message":"Listening/i);
  expect(await curl(here, [`http://127.0.0.1:${port}/hello/Ada`])).toBe("Hello Ada!\n");
});

it("a disk is written and read, and the machine ends with the app", async () => {
  const disk = image("microvm.img");
  writeFileSync(disk, new Uint8Array(64 * 512));
  await using guest = Guest.boot(machine("tools/e2e/apps/block.ts", ["--block", disk]));
  expect(await guest.code()).toBe(0);
  expect(guest.output).toContain("SUCCESS");
  expect(readFileSync(disk)[1]).toBe(7);
});

it.skipIf(missing)(
  `on a tap, many segments at a time both ways${missing ? ` (skipped: ${missing})` : ""}`,
  async () => {
    const bytes = 5_000_000;
    using net = new Namespace();
    net.tap("tap0", `${HOST}/24`);
    const options = machine("tools/e2e/apps/peer.ts", ["--", ...ADDRESS]);
    await using guest = Guest.boot({ ...options, namespace: net, nets: { service: "tap0" } });
    await guest.says(/listening/);
    expect(await client(net, "echo", [GUEST, 7, bytes])).toMatchObject({ received: bytes, wrong: -1 });
    const { tcp } = await peerStatus(net);
    expect(tcp.sent).toBeLessThan(bytes / 1460);
    expect(tcp.received).toBeLessThan(bytes / 1460);
  },
);

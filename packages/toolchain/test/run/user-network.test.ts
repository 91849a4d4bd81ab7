import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ManifestDevice } from "../../src/elf/solo5.ts";
import type { ImageInfo } from "../../src/inspect.ts";
import { parseNetwork } from "../../src/run/options.ts";
import { QEMU } from "../../src/run/qemu.ts";
import { openUserNetworks } from "../../src/run/user-network.ts";

const service: ManifestDevice = { name: "service", type: "NET_BASIC" };
const options = (devices: readonly ManifestDevice[]) => ({
  image: { devices } as ImageInfo,
  memory: 64,
  networks: [],
  macs: [],
  ports: [],
  blocks: [],
  args: [],
});

describe("the user networks of a tender", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("there are none without a network device, nor beside a tap", async () => {
    expect(await openUserNetworks(options([{ name: "data", type: "BLOCK_BASIC" }]))).toBeUndefined();
    expect(await openUserNetworks({ ...options([service]), networks: [parseNetwork("tap:tap0")] })).toBeUndefined();
  });

  it("a gateway that ends is told of, also when nobody waits for its ports", async () => {
    const folder = mkdtempSync(join(tmpdir(), "soloist-test-"));
    try {
      writeFileSync(join(folder, QEMU), "#!/bin/sh\necho broken >&2\nexit 1\n");
      chmodSync(join(folder, QEMU), 0o755);
      vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
      await using user = await openUserNetworks(options([service]));
      expect(user!.networks).toMatchObject([{ device: "service" }]);
      await expect(user!.failed).rejects.toThrow("the gateway of the network service ended: broken");
      // Time for Node.js to complain of a rejection that nobody took.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNetwork } from "../compose/network.ts";
import { FIRST_MAC, FIRST_NETWORK, FIRST_STATION_HOST, PREFIX } from "../compose/plan.ts";
import type { ImageInfo } from "../inspect.ts";
import type { Network } from "../run/options.ts";
import { runImage } from "../run/run-image.ts";
import { formatMac } from "../switch/packet.ts";

export interface Phase {
  readonly name: string;
  /** Milliseconds. */
  readonly time: number;
}

const LONGEST_MS = 20_000;
const SETTLE_MS = 300;
const DISK_BYTES = 16 * 1024 * 1024;

/**
 * Boots an image once and times what can be seen from outside: its first words, and that it says that it listens. Its network
 * has an address and nobody else, its disks are new and empty: the world does not notice.
 */
export async function measureBoot(
  image: ImageInfo,
): Promise<{ readonly phases: readonly Phase[]; readonly how: string }> {
  const folder = mkdtempSync(join(tmpdir(), "soloist-boot-"));
  const devices = image.devices.filter(({ type }) => type === "NET_BASIC");
  const stations = devices.map(({ name }, index) => ({
    name: `boot${index}`,
    device: name,
    mac: FIRST_MAC + index,
    address: FIRST_NETWORK + FIRST_STATION_HOST + index,
  }));
  const network = await openNetwork({ name: `boot/${PREFIX}`, base: FIRST_NETWORK, gateway: false, stations }, []);
  try {
    const networks: Network[] = [];
    for (const station of stations) {
      networks.push(await network.plug(station, image.target === "spt" ? "spt" : "virtio"));
    }
    const blocks = image.devices
      .filter(({ type, optional }) => type === "BLOCK_BASIC" && !optional)
      .map(({ name }) => {
        const value = join(folder, name);
        writeFileSync(value, new Uint8Array(DISK_BYTES));
        return { name, value };
      });
    return await boot(image, {
      networks,
      blocks,
      macs: stations.map(({ device, mac }) => ({ name: device, value: formatMac(mac) })),
    });
  } finally {
    await network.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function boot(
  image: ImageInfo,
  devices: Pick<Parameters<typeof runImage>[0], "networks" | "blocks" | "macs">,
): Promise<{ readonly phases: readonly Phase[]; readonly how: string }> {
  const controller = new AbortController();
  const limit = setTimeout(() => controller.abort(), LONGEST_MS);
  let settle: NodeJS.Timeout | undefined;
  let how = "";
  let first: number | undefined;
  let listening: number | undefined;
  let text = "";
  const since = performance.now();
  const now = () => performance.now() - since;
  await runImage({
    ...devices,
    image,
    memory: 128,
    ports: [],
    args: [],
    signal: controller.signal,
    console(bytes) {
      if (bytes.length === 0) return;
      first ??= now();
      text += Buffer.from(bytes).toString("latin1");
      if (listening === undefined && /\blisten(ing|s)?\b/i.test(text)) listening = now();
      // What says that it listens has booted; what says something else may go on.
      clearTimeout(settle);
      settle = setTimeout(() => controller.abort(), listening === undefined ? LONGEST_MS : SETTLE_MS);
    },
    started: (words) => {
      how = words;
    },
  });
  const ended = controller.signal.aborted ? undefined : now();
  clearTimeout(limit);
  clearTimeout(settle);
  const phases: Phase[] = [];
  if (first !== undefined) phases.push({ name: "start to first words", time: first });
  if (listening !== undefined && first !== undefined && listening > first) {
    phases.push({ name: "until it says that it listens", time: listening - first });
  }
  if (ended !== undefined) phases.push({ name: "until its end", time: ended - (first ?? 0) });
  return { phases, how };
}

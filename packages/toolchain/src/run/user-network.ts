import { parseComposition } from "../compose/compose-file.ts";
import { openNetwork } from "../compose/network.ts";
import { planNetworks } from "../compose/plan.ts";
import { formatMac } from "../switch/packet.ts";
import type { MachineOptions } from "./qemu.ts";

/** A network for a tender, and the ports of localhost that lead into it. */
export interface UserNetwork extends AsyncDisposable {
  readonly networks: MachineOptions["networks"];
  readonly macs: MachineOptions["macs"];
  /** Resolves when its ports are open; rejects with `failed`. */
  readonly ready: Promise<void>;
  /** Rejects when it breaks down. */
  readonly failed: Promise<never>;
}

/**
 * The network that QEMU has and tenders lack, which needs neither root nor a set-up: that of `soloist compose`, with one app on it.
 * Undefined where none is asked for: without a network device, or with a tap or a cable for it.
 */
export async function openUserNetwork(options: Omit<MachineOptions, "accelerator">): Promise<UserNetwork | undefined> {
  const { image, ports } = options;
  const devices = image.devices.filter(({ type }) => type === "NET_BASIC").map(({ name }) => name);
  const [device] = devices;
  if (device === undefined || devices.length > 1 || options.networks.some(({ kind }) => kind !== "user"))
    return undefined;
  const composition = parseComposition({ apps: { app: { image: image.file, target: image.target } } }, ".");
  const plan = planNetworks(composition, () => devices)[0]!;
  const mac = options.macs[0]?.value;
  const [planned] = plan.stations;
  const station = { ...planned!, ...(mac === undefined ? {} : { mac: Number.parseInt(mac.replaceAll(":", ""), 16) }) };
  const network = await openNetwork(
    { ...plan, stations: [station] },
    ports.map((forward) => ({ forward, address: station.address })),
  );
  return {
    networks: [await network.plug(station, composition.apps[0]!.target)],
    macs: [{ name: device, value: formatMac(station.mac) }],
    ready: network.ready,
    failed: network.failed,
    [Symbol.asyncDispose]: () => network.close(),
  };
}

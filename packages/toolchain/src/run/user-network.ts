import { openNetwork, type VirtualNetwork } from "../compose/network.ts";
import { FIRST_MAC, FIRST_NETWORK, FIRST_STATION_HOST, NETWORK_SIZE } from "../compose/plan.ts";
import { formatMac } from "../switch/packet.ts";
import { assign, type Network } from "./options.ts";
import type { MachineOptions } from "./qemu.ts";

/** Networks for a tender, and the ports of localhost that lead into the first one. */
export interface UserNetworks extends AsyncDisposable {
  readonly networks: MachineOptions["networks"];
  readonly macs: MachineOptions["macs"];
  /** Resolves when the ports are open; rejects with `failed`. */
  readonly ready: Promise<unknown>;
  /** Rejects when one breaks down. */
  readonly failed: Promise<never>;
}

/**
 * The networks that QEMU has and tenders lack, which need neither root nor a set-up: those of `soloist compose`, one for each device.
 * Undefined where none is asked for: without a network device, or with a tap or a cable for one.
 */
export async function openUserNetworks(
  options: Omit<MachineOptions, "accelerator">,
): Promise<UserNetworks | undefined> {
  const devices = options.image.devices.filter(({ type }) => type === "NET_BASIC").map(({ name }) => name);
  if (devices.length === 0 || options.networks.some(({ kind }) => kind !== "user")) return undefined;
  const given = assign("--net-mac", devices, options.macs);
  const opened: VirtualNetwork[] = [];
  const networks: Network[] = [];
  const macs: { name: string; value: string }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((network) => network.close()));
  };
  try {
    for (const [index, device] of devices.entries()) {
      const value = given.get(device) ?? formatMac(FIRST_MAC + index);
      const base = FIRST_NETWORK + index * NETWORK_SIZE;
      const mac = Number.parseInt(value.replaceAll(":", ""), 16);
      const station = { name: "app", device, mac, address: base + FIRST_STATION_HOST };
      const published = index > 0 ? [] : options.ports.map((forward) => ({ forward, address: station.address }));
      const network = await openNetwork({ name: device, base, gateway: true, stations: [station] }, published);
      opened.push(network);
      networks.push(await network.plug(station, "spt"));
      macs.push({ name: device, value });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const ready = Promise.all(opened.map((network) => network.ready));
  const failed = Promise.race(opened.map((network) => network.failed));
  // Whoever waits for one of them hears of it.
  for (const each of [ready, failed]) each.catch(() => {});
  return { networks, macs, ready, failed, [Symbol.asyncDispose]: close };
}

import { UsageError } from "../errors.ts";
import { formatAddress } from "../switch/packet.ts";
import type { Station } from "../switch/services.ts";
import { type ComposedApp, type Composition, DEFAULT_NETWORK } from "./compose-file.ts";

/** A network with its addresses. Those of the gateway are QEMU's user network's. */
export interface PlannedNetwork {
  readonly name: string;
  /** First address of the network, as a number; the prefix is {@link PREFIX}. */
  readonly base: number;
  readonly gateway: boolean;
  readonly stations: readonly PlannedStation[];
}

export interface PlannedStation extends Station {
  /** Name of the device in the image. */
  readonly device: string;
}

export const PREFIX = 24;
/** Addresses from one network to the next. */
export const NETWORK_SIZE: number = 2 ** (32 - PREFIX);
export const GATEWAY_HOST = 2;
export const SERVICES_HOST = 4;
export const SERVICES_MAC = 0x02_53_4c_00_00_04;
export const FIRST_NETWORK = 0x0a00_0200; // 10.0.2.0
export const FIRST_STATION_HOST = 10;
const LAST_HOST = 254;
/** Of guests. */
export const FIRST_MAC = 0x02_53_4c_01_00_00;

/**
 * Gives every network device an address: that of the file, or the first free one from .10 on, in the order of the file.
 * `devices`: the names of an app's network devices.
 */
export function planNetworks(
  composition: Composition,
  devices: (app: ComposedApp) => readonly string[],
): readonly PlannedNetwork[] {
  let mac = FIRST_MAC;
  return composition.networks.map(({ name, gateway }, index) => {
    const base = FIRST_NETWORK + index * NETWORK_SIZE;
    const members = composition.apps.flatMap((app) => {
      const names = devices(app);
      const stranger = Object.keys(app.networks).find((device) => !names.includes(device));
      if (stranger !== undefined) {
        throw new UsageError(
          `apps.${app.name}.networks: the image has no ${stranger}, but ${names.join(", ") || "none"}`,
        );
      }
      const attached = names.filter((device) => (app.networks[device] ?? DEFAULT_NETWORK) === name);
      if (attached.length > 1) {
        throw new UsageError(`apps.${app.name}: ${attached.join(" and ")} are both on the network ${name}`);
      }
      const isFirst = attached[0] === names[0];
      return attached.map((device) => ({ app, device, fixed: isFirst ? app.address : undefined }));
    });
    const taken = new Map<number, string>();
    for (const { app, fixed } of members) {
      if (fixed === undefined) continue;
      const host = fixed - base;
      if (host < FIRST_STATION_HOST || host > LAST_HOST) {
        const range = `${formatAddress(base + FIRST_STATION_HOST)} to ${formatAddress(base + LAST_HOST)}`;
        throw new UsageError(`apps.${app.name}.address: the network ${name} has ${range} for apps`);
      }
      const other = taken.get(fixed);
      if (other !== undefined) throw new UsageError(`apps.${app.name}.address: ${other} has it already`);
      taken.set(fixed, app.name);
    }
    let next = base + FIRST_STATION_HOST;
    const free = (): number => {
      while (taken.has(next)) next++;
      if (next > base + LAST_HOST) throw new UsageError(`networks.${name}: no address is left`);
      return next++;
    };
    const stations = members.map(({ app, device, fixed }) => ({
      name: app.name,
      device,
      mac: mac++,
      address: fixed ?? free(),
    }));
    return { name, base, gateway, stations };
  });
}

import { parseComposition } from "../compose/compose-file.ts";
import { openNetwork } from "../compose/network.ts";
import { planNetworks } from "../compose/plan.ts";
import type { ImageInfo } from "../inspect.ts";
import type { Network, PortForward } from "../run/options.ts";
import { formatMac } from "../switch/packet.ts";

/** A network for one image, of any target, and its port on localhost. */
export interface UserNetwork extends AsyncDisposable {
  readonly networks: readonly Network[];
  readonly macs: readonly { readonly name: string; readonly value: string }[];
}

/** The network that `soloist compose` gives an app that is alone: no root and no tap interface is needed. */
export async function openUserNetwork(image: ImageInfo, forward: PortForward): Promise<UserNetwork> {
  const { target } = image;
  const composition = parseComposition({ apps: { app: { image: image.file, target } } }, ".");
  const device = image.devices.find(({ type }) => type === "NET_BASIC")!.name;
  const [plan] = planNetworks(composition, () => [device]);
  const station = plan!.stations[0]!;
  const network = await openNetwork(plan!, [{ forward, address: station.address }]);
  return {
    networks: [await network.plug(station, composition.apps[0]!.target)],
    macs: [{ name: device, value: formatMac(station.mac) }],
    [Symbol.asyncDispose]: () => network.close(),
  };
}

/**
 * Boots images and talks to them, for tests and benchmarks.
 *
 * @example
 * using net = new Namespace();
 * net.tap("tap0", "10.0.0.1/24");
 * const image = build("apps/web-server", "spt");
 * await using guest = Guest.boot({ target: "spt", image, namespace: net, nets: { service: "tap0" }, args: ADDRESS });
 * await guest.says(/listening/i);
 * const answer = await curl(net, ["http://10.0.0.2/hello/Ada"]);
 */

export { Namespace, namespacesMissing } from "@soloist/tool-wire";
export { client, curl, freePort, here, nodeIn, type Output, output, type Place, runIn } from "./clients.ts";
export { ADDRESS, GUEST, Guest, type GuestOptions, HOST, tender, UEFI_FIRMWARE } from "./guest.ts";
export { build, buildFails, image, inspect, soloist, type Target, targets } from "./images.ts";
export { type PeerStatus, peerStatus } from "./peer.ts";
export { cpuSeconds, residentBytes } from "./process.ts";
export { boots, type Serving, serves } from "./serve.ts";
export { type DebianServer, postgresServer, redisServer, serverMissing } from "./servers.ts";

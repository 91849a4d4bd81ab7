import type { GuestCommand } from "../run/guest-process.ts";
import type { PortForward } from "../run/options.ts";
import { QEMU } from "../run/qemu.ts";
import { formatAddress } from "../switch/packet.ts";
import { GATEWAY_HOST, PREFIX } from "./plan.ts";

export interface PublishedPort {
  readonly forward: PortForward;
  /** Address of the guest, as a number. */
  readonly address: number;
}

/**
 * The way out of a network: a QEMU without a machine, whose user network (a TCP/IP stack that needs no root) is tied to a port
 * of the switch. It opens published ports and carries connections of guests.
 */
export function gatewayCommand(base: number, socketPath: string, published: readonly PublishedPort[]): GuestCommand {
  const forwards = published.map(
    ({ forward: { protocol, address, host, guest }, address: to }) =>
      `,hostfwd=${protocol}:${address}:${host}-${formatAddress(to)}:${guest}`,
  );
  const network = `net=${formatAddress(base)}/${PREFIX},host=${formatAddress(base + GATEWAY_HOST)}`;
  const options = ["-machine", "none", "-nodefaults", "-no-user-config", "-display", "none"];
  const ends = [
    `user,id=out,ipv6=off,${network}${forwards.join("")}`,
    `stream,id=in,server=off,addr.type=unix,addr.path=${socketPath}`,
    "hubport,id=hub-out,hubid=0,netdev=out",
    "hubport,id=hub-in,hubid=0,netdev=in",
  ];
  return { command: QEMU, args: [...options, ...ends.flatMap((end) => ["-netdev", end])] };
}

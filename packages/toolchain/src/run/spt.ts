import { existsSync } from "node:fs";
import { join } from "node:path";
import { findPackage } from "../base.ts";
import { RunError, UsageError } from "../errors.ts";
import type { GuestCommand } from "./guest-process.ts";
import { assign, quoteArgument } from "./options.ts";
import { type MachineOptions, tapAssignments } from "./qemu.ts";

/** The tender's command for an spt image. */
export function sptCommand(options: Omit<MachineOptions, "accelerator">): GuestCommand {
  const { image } = options;
  const named = (type: string) => image.devices.filter((device) => device.type === type).map(({ name }) => name);
  const nets = named("NET_BASIC");
  const taps = assign("--net", nets, tapAssignments(options.networks));
  const datagrams = options.networks.filter((network) => network.kind === "datagram");
  datagrams.forEach(({ device }, index) => {
    taps.set(device, `@${FIRST_DESCRIPTOR + index}`);
  });
  const missing = nets.find((name) => !taps.has(name));
  if (missing !== undefined) {
    throw new UsageError(
      `the image needs its network device ${missing}: --net ${nets.length > 1 ? `${missing}=` : ""}tap:NAME with a tap interface that exists`,
    );
  }
  if (options.ports.length > 0) throw new UsageError("-p works with the user network: leave --net away");
  const blocks = named("BLOCK_BASIC");
  const files = assign("--block", blocks, options.blocks);
  const noFile = blocks.find((name) => !files.has(name));
  if (noFile !== undefined) throw new UsageError(`the image needs a disk: --block ${noFile}=FILE`);
  const macs = assign("--net-mac", nets, options.macs);
  return withDatagrams(datagrams, {
    command: findProgram("soloist-spt"),
    args: [
      `--mem=${options.memory}`,
      ...[...taps].map(([name, tap]) => `--net:${name}=${tap}`),
      ...[...macs].map(([name, mac]) => `--net-mac:${name}=${mac}`),
      ...[...files].map(([name, file]) => `--block:${name}=${file}`),
      "--",
      image.file,
      ...options.args.map(quoteArgument), // the tender joins them with spaces
    ],
  });
}

/** First of the descriptors that a tender inherits. */
const FIRST_DESCRIPTOR = 10;

/**
 * Opens a connected UDP socket for each cable, says the token that names the guest, and becomes the tender. Node.js can hand down
 * neither such a socket nor a pair of them; bash has a redirection for it.
 */
function withDatagrams(
  cables: readonly { readonly port: number; readonly token: string }[],
  { command, args }: GuestCommand,
): GuestCommand {
  if (cables.length === 0) return { command, args };
  const open = cables.map(({ port, token }, index) => {
    const descriptor = FIRST_DESCRIPTOR + index;
    return `exec ${descriptor}<>/dev/udp/127.0.0.1/${port} && printf %s ${token} >&${descriptor} || exit 1`;
  });
  return { command: "bash", args: ["-c", [...open, 'exec "$@"'].join("\n"), "bash", command, ...args] };
}

/** A program of @soloist/tender. */
export function findProgram(name: "soloist-spt" | "soloist-capture"): string {
  const folder = findPackage("@soloist/tender");
  const path = folder && join(folder, "dist", name);
  if (!path || !existsSync(path)) {
    throw new RunError(`${name} is not built: run "npm run build" in @soloist/tender`);
  }
  return path;
}

import { UsageError } from "../errors.ts";
import type { ImageInfo } from "../inspect.ts";
import type { GuestCommand } from "./guest-process.ts";
import { assign, joinArguments, type Network, type PortForward } from "./options.ts";

export const QEMU = "qemu-system-x86_64";

export type Accelerator = "kvm" | "tcg";

export interface MachineOptions {
  readonly image: ImageInfo;
  readonly accelerator: Accelerator;
  /** Megabytes. */
  readonly memory: number;
  readonly networks: readonly Network[];
  readonly macs: readonly { readonly name?: string; readonly value: string }[];
  readonly ports: readonly PortForward[];
  readonly blocks: readonly { readonly name?: string; readonly value: string }[];
  readonly args: readonly string[];
  /** Host file that is the guest's memory; otherwise QEMU's own. */
  readonly memoryFile?: string;
  /** Port of the loopback interface on which a debugger is waited for before anything runs. */
  readonly gdbPort?: number;
  /** Files for the frames of network devices; the first device's where none is named. */
  readonly pcaps?: readonly { readonly name?: string; readonly value: string }[];
}

/** The QEMU command that boots a virtio image. Devices come in the manifest's order, by which the kernel finds them. */
export function qemuCommand(options: MachineOptions): GuestCommand {
  const { image, accelerator } = options;
  const args = ["-machine", "pc", "-accel", accelerator, "-cpu", accelerator === "kvm" ? "host" : "max"];
  args.push("-m", `${options.memory}`, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot");
  args.push("-serial", "stdio", "-device", "isa-debug-exit,iobase=0x501,iosize=2", "-kernel", image.file);
  if (options.args.length > 0) args.push("-append", joinArguments(options.args));
  if (options.memoryFile !== undefined) {
    const backend = `memory-backend-file,id=ram,size=${options.memory}M,share=on,mem-path=${options.memoryFile}`;
    args.push("-object", backend, "-machine", "memory-backend=ram");
  }
  if (options.gdbPort !== undefined) args.push("-gdb", `tcp:127.0.0.1:${options.gdbPort}`, "-S");
  args.push(...networkArguments(options), ...blockArguments(options));
  return { command: QEMU, args };
}

function networkArguments(options: MachineOptions): string[] {
  const devices = options.image.devices.filter(({ type }) => type === "NET_BASIC").map(({ name }) => name);
  const taps = assign("--net", devices, tapAssignments(options.networks));
  const macs = assign("--net-mac", devices, options.macs);
  const pcaps = assign("--pcap", devices, options.pcaps ?? []);
  const isDisabled = options.networks.some(({ kind }) => kind === "none");
  const streams = new Map(
    options.networks.flatMap((network) => (network.kind === "stream" ? [[network.device, network.path]] : [])),
  );
  const users = devices.filter((name) => !taps.has(name) && !streams.has(name));
  if (isDisabled && users.length > 0)
    throw new UsageError(`--net none: the image needs its network device ${users[0]}`);
  if (options.ports.length > 0 && users.length === 0) {
    throw new UsageError(
      devices.length === 0
        ? "-p: the image has no network device"
        : "-p works with QEMU's user network, not with a tap",
    );
  }
  return devices.flatMap((name, index) => {
    const tap = taps.get(name);
    const mac = macs.get(name);
    const forwards = name === users[0] ? options.ports.map(hostForward).join("") : "";
    const stream = streams.get(name);
    const backend =
      stream !== undefined
        ? `stream,id=net${index},server=off,addr.type=unix,addr.path=${stream}`
        : tap === undefined
          ? `user,id=net${index}${forwards}`
          : `tap,id=net${index},ifname=${tap},script=no,downscript=no`;
    const pcap = pcaps.get(name);
    return [
      "-netdev",
      backend,
      "-device",
      `virtio-net-pci,netdev=net${index},romfile=${mac === undefined ? "" : `,mac=${mac}`}`,
      ...(pcap === undefined
        ? []
        : ["-object", `filter-dump,id=dump${index},netdev=net${index},file=${pcap.replaceAll(",", ",,")}`]),
    ];
  });
}

const hostForward = ({ protocol, address, host, guest }: PortForward) =>
  `,hostfwd=${protocol}:${address}:${host}-:${guest}`;

export function tapAssignments(networks: readonly Network[]) {
  return networks.flatMap((network) =>
    network.kind === "tap"
      ? [{ value: network.interface, ...(network.device === undefined ? {} : { name: network.device }) }]
      : [],
  );
}

function blockArguments(options: MachineOptions): string[] {
  const devices = options.image.devices.filter(({ type }) => type === "BLOCK_BASIC").map(({ name }) => name);
  const files = assign("--block", devices, options.blocks);
  return devices.flatMap((name, index) => {
    const file = files.get(name);
    if (file === undefined) throw new UsageError(`the image needs a disk: --block ${name}=FILE`);
    return [
      "-drive",
      `if=none,format=raw,id=disk${index},file=${file.replaceAll(",", ",,")}`,
      "-device",
      `virtio-blk-pci,drive=disk${index}`,
    ];
  });
}

/**
 * The image's own exit code, from QEMU's. Status 0 is a power-off; others come through isa-debug-exit, which turns n into
 * 2n + 1 (packages/kernel/src/virtio/exit.c). Undefined: QEMU itself failed, with its code 1 for every reason.
 */
export function guestExitCode(code: number): number | undefined {
  if (code === 1) return undefined;
  if (code === 0 || code === 255 || code % 2 === 0) return code;
  return (code - 1) / 2;
}

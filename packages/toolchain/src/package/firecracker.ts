import { UsageError } from "../errors.ts";
import { joinArguments } from "../run/options.ts";
import { diskFiles, needVirtio, type RecipeOptions } from "./recipes.ts";

/** Firecracker's `CMDLINE_MAX_SIZE`, with the NUL and its own words: "pci=off", and one for each device. */
const COMMAND_LINE_BYTES = 2048;
const DEVICE_BYTES = 40;

/**
 * A machine for `firecracker --no-api --config-file` (1.12 and later, which enter kernels by PVH), as its API's definition
 * `FullVmConfiguration` says. Drives come before network interfaces there; the kernel counts each kind by itself.
 */
export function emitFirecracker(options: RecipeOptions): string {
  const { image, path, memory, args } = options;
  needVirtio("--firecracker: Firecracker", image);
  const drives = diskFiles("--firecracker", options).map(({ name, file }) => ({
    drive_id: name,
    path_on_host: file,
    is_root_device: false,
    is_read_only: false,
    cache_type: "Writeback", // flushes reach the disk
  }));
  const interfaces = image.devices
    .filter(({ type }) => type === "NET_BASIC")
    .map(({ name }, index) => ({ iface_id: name, host_dev_name: `tap${index}` }));
  // Without any, Firecracker has some for Linux.
  const words = joinArguments(args);
  assertCommandLine(words, drives.length + interfaces.length);
  const configuration = {
    "boot-source": { kernel_image_path: path, boot_args: words },
    drives,
    "network-interfaces": interfaces,
    "machine-config": { vcpu_count: 1, mem_size_mib: memory },
  };
  return `${JSON.stringify(configuration, undefined, 2)}\n`;
}

function assertCommandLine(words: string, devices: number): void {
  const most = COMMAND_LINE_BYTES - 9 - devices * DEVICE_BYTES;
  const bytes = Buffer.byteLength(words);
  if (bytes > most) {
    throw new UsageError(`--firecracker: ${bytes} bytes of arguments, and Firecracker takes ${most} here`);
  }
}

/** What has to be done before, and how it is started: a shell's lines. */
export function firecrackerCommands({ image }: RecipeOptions, file: string): string[] {
  const taps = image.devices
    .filter(({ type }) => type === "NET_BASIC")
    .map((_, index) => `ip tuntap add tap${index} mode tap && ip link set tap${index} up`);
  return [...taps, `firecracker --no-api --config-file ${file}`];
}

import { basename } from "node:path";
import { UsageError } from "../errors.ts";
import type { ImageInfo } from "../inspect.ts";
import { joinArguments, quoteArgument } from "../run/options.ts";
import type { TarFile } from "./tar.ts";

/** An image as urunc, the container runtime for unikernels, wants it: annotations, and the files of its container. */
export interface UruncParts {
  readonly annotations: Readonly<Record<string, string>>;
  readonly files: readonly TarFile[];
  /** What the container runs: to urunc, the guest's command line. */
  readonly command: readonly string[];
}

/**
 * urunc makes the guest's command line of the process's words, with spaces between them: words with spaces in them have quotes. A
 * container has to run something, so that for no words there is one, white space, of which the guest makes none.
 */
export function commandWords(args: readonly string[]): readonly string[] {
  return args.length === 0 ? [" "] : args.map(quoteArgument);
}

const PREFIX = "com.urunc.unikernel.";
const HYPERVISORS: Readonly<Record<string, string>> = { spt: "spt", virtio: "qemu" };
/** urunc looks for these device names, unless annotations name others. */
const DEFAULT_NET = "service";
const DEFAULT_BLOCK = "storage";
const SOLO5_NAME = /^[A-Za-z0-9]{1,67}$/;
/** One block: what the runtime takes for "no disk". */
const STAND_IN_BYTES = 512;

/**
 * What urunc needs to boot an image. It has no type for Soloist, so the image goes as `mirage`: the same tender, the same ELF
 * notes, the same `--ipv4` and `--ipv4-gateway`, which urunc adds with the pod's addresses.
 */
export function uruncParts(image: ImageInfo, bytes: Uint8Array, args: readonly string[]): UruncParts {
  const hypervisor = HYPERVISORS[image.target];
  if (hypervisor === undefined)
    throw new UsageError(`--oci: urunc runs images for spt and virtio, not ${image.target}`);
  const nets = image.devices.filter(({ type }) => type === "NET_BASIC");
  const disks = image.devices.filter(({ type }) => type === "BLOCK_BASIC");
  if (nets.length > 1)
    throw new UsageError(`--oci: urunc attaches one network device, and the image has ${nets.length}`);
  if (disks.length > 1) throw new UsageError(`--oci: urunc attaches one disk, and the image has ${disks.length}`);
  const [net] = nets;
  const [disk] = disks;
  if (disk && !disk.optional) {
    throw new UsageError(
      `--oci: the image needs its disk ${disk.name}, which a container has nowhere to keep; make it optional`,
    );
  }
  for (const { name } of image.devices) {
    if (!SOLO5_NAME.test(name)) throw new UsageError(`--oci: urunc takes no device called ${name}`);
  }
  const app = (image.app ?? basename(image.file)).replace(/[^A-Za-z0-9._-]/g, "-");
  const entry = `/unikernel/${app}.${image.target}`;
  const standIn = disk ? `/unikernel/${disk.name}.img` : undefined;
  const settings: Record<string, string> = {
    unikernelType: "mirage",
    hypervisor,
    binary: entry,
    cmdline: joinArguments(args),
    ...(net && net.name !== DEFAULT_NET ? { solo5NetDev: net.name } : {}),
    ...(disk ? { block: standIn! } : {}),
    ...(disk && disk.name !== DEFAULT_BLOCK ? { solo5BlkDev: disk.name } : {}),
  };
  const entries = Object.entries(settings).map(([name, value]) => [PREFIX + name, value] as const);
  // Docker drops annotations: urunc then reads this file, whose values are in Base64.
  const encoded = Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value).toString("base64")]));
  return {
    command: commandWords(args),
    annotations: Object.fromEntries(entries),
    files: [
      { path: entry.slice(1), content: bytes, mode: 0o755 },
      { path: "urunc.json", content: Buffer.from(`${JSON.stringify(encoded, undefined, 2)}\n`), mode: 0o644 },
      ...(standIn ? [{ path: standIn.slice(1), content: new Uint8Array(STAND_IN_BYTES), mode: 0o644 }] : []),
    ],
  };
}

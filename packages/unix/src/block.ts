import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

const BLOCK_SIZE = 512;

/** A device of the app's manifest. */
export interface ManifestDevice {
  readonly name: string;
  readonly type: "NET_BASIC" | "BLOCK_BASIC";
  readonly optional?: boolean;
}

interface Disk {
  readonly file: number;
  readonly blocks: number;
}

/** What the runtime takes for no disk at all: `block(name, { optional: true })`. */
const STAND_IN: Disk = { file: -1, blocks: 1 };

const disks = new Map<string, Disk>();
const handles: Disk[] = [];

let onTransfer: () => void = () => {};

/**
 * Opens the files of disks, by name or in the order of the manifest. Returns what is wrong.
 *
 * @param transferred called at each transfer: a scheduled operation waits for the next turn behind each block
 */
export function openBlocks(
  given: readonly { readonly name?: string; readonly value: string }[],
  devices: readonly ManifestDevice[],
  transferred: () => void,
): string | undefined {
  onTransfer = transferred;
  const names = devices.filter(({ type }) => type === "BLOCK_BASIC").map(({ name }) => name);
  for (const { name, value } of given) {
    const device = name ?? names.find((candidate) => !disks.has(candidate));
    if (device === undefined || !names.includes(device)) {
      return `--block ${value}: the app has ${names.length === 0 ? "no disk" : names.join(", ")}, not ${name ?? "one more"}`;
    }
    if (disks.has(device)) return `--block: ${device} was given twice`;
    try {
      const file = openSync(value, "r+");
      const { size } = fstatSync(file);
      if (size < BLOCK_SIZE || size % BLOCK_SIZE !== 0) {
        closeSync(file);
        return `--block ${value}: ${size} bytes are no whole blocks of ${BLOCK_SIZE}`;
      }
      disks.set(device, { file, blocks: size / BLOCK_SIZE });
    } catch (error) {
      return `--block ${value}: ${(error as Error).message}`;
    }
  }
  for (const { name, optional } of devices.filter(({ type }) => type === "BLOCK_BASIC")) {
    if (disks.has(name)) continue;
    if (!optional) return `the app needs a disk: --block ${name}=FILE, or --block ${name}=FILE,size=16M to make one`;
    disks.set(name, STAND_IN);
  }
  return undefined;
}

export function blockAcquire(name: string, state: Float64Array): number {
  const disk = disks.get(name);
  if (disk === undefined) return -1;
  state[0] = BLOCK_SIZE;
  state[1] = disk.blocks;
  return handles.push(disk) - 1;
}

export function blockRead(handle: number, block: number, into: Uint8Array, offset: number): number {
  return transfer(readSync, handle, block, into, offset);
}

export function blockWrite(handle: number, block: number, from: Uint8Array, offset: number): number {
  return transfer(writeSync, handle, block, from, offset);
}

function transfer(
  move: (file: number, bytes: Uint8Array, offset: number, length: number, position: number) => number,
  handle: number,
  block: number,
  bytes: Uint8Array,
  offset: number,
): number {
  onTransfer();
  const disk = handles[handle];
  if (disk === undefined) throw new RangeError("no such disk");
  if (offset < 0 || offset + BLOCK_SIZE > bytes.length) throw new RangeError("range outside of its view");
  try {
    return move(disk.file, bytes, offset, BLOCK_SIZE, block * BLOCK_SIZE) === BLOCK_SIZE ? 0 : -1;
  } catch {
    return -1;
  }
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImageInfo } from "../inspect.ts";
import { assign } from "./options.ts";
import type { MachineOptions } from "./qemu.ts";

/** One block of the smallest size: what the runtime takes for "no disk". */
const STAND_IN_BYTES = 512;

export interface StandIns {
  /** The disks that were asked for, and a stand-in for each optional one that was not. */
  readonly blocks: MachineOptions["blocks"];
  remove(): void;
}

/**
 * Attaches a disk of one block to every optional device that is given none: machines and tenders boot only when all devices
 * of the manifest are there.
 */
export function attachStandIns(image: Pick<ImageInfo, "devices">, blocks: MachineOptions["blocks"]): StandIns {
  const disks = image.devices.filter(({ type }) => type === "BLOCK_BASIC");
  const attached = assign(
    "--block",
    disks.map(({ name }) => name),
    blocks,
  );
  const without = disks.filter(({ name, optional }) => optional === true && !attached.has(name));
  if (without.length === 0) return { blocks, remove() {} };
  const folder = mkdtempSync(join(tmpdir(), "soloist-run-"));
  const standIns = without.map(({ name }) => {
    const value = join(folder, name);
    writeFileSync(value, new Uint8Array(STAND_IN_BYTES));
    return { name, value };
  });
  const given = [...attached].map(([name, value]) => ({ name, value }));
  return { blocks: [...given, ...standIns], remove: () => rmSync(folder, { recursive: true, force: true }) };
}

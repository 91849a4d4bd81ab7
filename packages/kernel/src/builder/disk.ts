/** Boot code of disk images: src/disk, each a program without a file format in `dist/disk`. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { CompileJob } from "./compile.ts";
import { ASSEMBLER_FLAGS, LOADER_FLAGS } from "./flags.ts";
import { objectPath } from "./link.ts";

/** Source of each, and the address that it is linked to; `parcel` and `uefi` run anywhere. */
const PROGRAMS = {
  "boot-sector": { source: "boot-sector.S", base: 0x7c00 },
  bios: { source: "bios.S", base: 0x8000 },
  uefi: { source: "uefi.c", base: 0x1000 },
  parcel: { source: "parcel.S", base: 0 },
} as const;

export function diskJobs(folder: string, objects: string): CompileJob[] {
  return Object.values(PROGRAMS).map(({ source }) => ({
    source: join(folder, source),
    object: objectPath(objects, `disk-${source}`),
    flags: source.endsWith(".S") ? ASSEMBLER_FLAGS : LOADER_FLAGS,
    includes: [folder],
  }));
}

export function linkDiskPrograms(folder: string, objects: string, output: string): void {
  for (const [name, { source, base }] of Object.entries(PROGRAMS)) {
    execFileSync("ld", [
      "-nostdlib",
      "-static",
      "--build-id=none",
      "--oformat=binary",
      `--defsym=BASE=${base}`,
      "-T",
      join(folder, "flat.lds"),
      "-o",
      join(output, `${name}.bin`),
      objectPath(objects, `disk-${source}`),
    ]);
  }
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { loadBootCode } from "../base.ts";
import { UsageError } from "../errors.ts";
import { joinArguments } from "../run/options.ts";
import { checkOciLayout } from "./check-oci.ts";
import { emitRawDisk } from "./disk/raw-disk.ts";
import { emitFirecracker } from "./firecracker.ts";
import { emitOciLayout } from "./oci.ts";
import { emitKubernetes, emitLibvirt, emitNomad, nameOf, needVirtio, type RecipeOptions } from "./recipes.ts";
import { uruncParts } from "./urunc.ts";

export const PACKAGE_KINDS = ["oci", "libvirt", "nomad", "kubernetes", "firecracker", "raw"] as const;
export type PackageKind = (typeof PACKAGE_KINDS)[number];

/** Writes an image for a platform into a folder. Returns the path of what was written. */
export function writePackage(kind: PackageKind, options: RecipeOptions, folder: string): string {
  const stem = join(resolve(folder), nameOf(options.image));
  if (kind === "oci") return writeOci(options, `${stem}.oci`);
  if (kind === "raw") return writeRaw(options, `${stem}.raw`);
  const [suffix, emit] = RECIPES[kind];
  const text = emit(options);
  mkdirSync(dirname(stem), { recursive: true });
  writeFileSync(`${stem}.${suffix}`, text);
  return `${stem}.${suffix}`;
}

const RECIPES = {
  libvirt: ["libvirt.xml", emitLibvirt],
  nomad: ["nomad.json", emitNomad],
  kubernetes: ["kubernetes.yaml", emitKubernetes],
  firecracker: ["firecracker.json", emitFirecracker],
} as const;

function writeRaw({ image, path, args }: RecipeOptions, file: string): string {
  needVirtio("--raw: a disk", image);
  const disk = emitRawDisk(readFileSync(path), joinArguments(args), loadBootCode());
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, disk);
  return file;
}

function writeOci({ image, path, args, ports }: RecipeOptions, folder: string): string {
  const parts = uruncParts(image, readFileSync(path), args);
  const layout = emitOciLayout({ ...parts, ports });
  const wrong = checkOciLayout(layout);
  if (wrong.length > 0) throw new Error(`the OCI layout is broken: ${wrong.join("; ")}`);
  if (existsSync(folder)) {
    if (!existsSync(join(folder, "oci-layout")) && readdirSync(folder).length > 0) {
      throw new UsageError(`${folder} is there and is no OCI layout`);
    }
    rmSync(folder, { recursive: true });
  }
  for (const [name, bytes] of layout) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  return folder;
}

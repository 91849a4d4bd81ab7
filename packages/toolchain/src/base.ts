import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError } from "./errors.ts";
import type { BootCode } from "./package/disk/raw-disk.ts";

export const TARGETS = ["spt", "virtio"] as const;
export type Target = (typeof TARGETS)[number];
export const DEFAULT_TARGET: Target = "virtio";

export interface EngineModule {
  /** Resolved like an import, from the kernel package. */
  readonly file: string;
  readonly init: string;
  readonly memoryBase: number;
  readonly memorySize: number;
  readonly tableBase: number;
  readonly tableSize: number;
  /** Table slots of functions whose address the module asks for. */
  readonly gotFunc: Readonly<Record<string, number>>;
  readonly segments: readonly { readonly vaddr: number; readonly size: number }[];
}

/** `base-<target>.json` of the kernel package; its FORMAT.md is the specification. */
export interface BaseDescription {
  readonly target: string;
  readonly abi: { readonly target: number; readonly version: number };
  readonly engine: string;
  readonly linearBase: number;
  readonly memory: { readonly initialPages: number };
  readonly moduleArea: { readonly size: number };
  readonly modules: Readonly<Record<string, EngineModule>>;
  readonly platform: {
    readonly tableBase: number;
    readonly functions: readonly { readonly name: string; readonly arity: number }[];
  };
  readonly table: { readonly vaddr: number; readonly entries: number; readonly entrySize: number };
  readonly bootRecord: { readonly vaddr: number; readonly size: number };
  readonly manifest: { readonly vaddr: number; readonly size: number };
}

/** What a target's images are composed from: machine code and its description, and the engine to evaluate apps with. */
export interface Base {
  readonly description: BaseDescription;
  readonly elf: Uint8Array;
  /** quickjs.wasm. */
  readonly engine: Uint8Array;
  module(name: string): Uint8Array;
}

/** Folder of a package that is seen from here, or from `from`. */
export function findPackage(name: string, from: string = dirname(fileURLToPath(import.meta.url))): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

/** What a prebuilt base holds, without its machine code. */
export function loadDescription(target: Target): BaseDescription {
  return JSON.parse(readFileSync(`${baseStem(target)}.json`, "utf8")) as BaseDescription;
}

/** The base's ELF file, which has the symbols that images lack. */
export function basePath(target: Target): string {
  return `${baseStem(target)}.elf`;
}

function baseStem(target: Target): string {
  const kernel = findPackage("@soloist/kernel");
  if (!kernel) throw new BuildError("the package @soloist/kernel is not installed");
  const stem = join(kernel, "dist", `base-${target}`);
  if (!existsSync(`${stem}.json`) || !existsSync(`${stem}.elf`)) {
    throw new BuildError(`there is no base for ${target} yet (${stem}.elf): run "npm run build" in @soloist/kernel`);
  }
  return stem;
}

/** Loads the boot loaders of disks from the kernel package. */
export function loadBootCode(): BootCode {
  const folder = join(dirname(baseStem("virtio")), "disk");
  const load = (name: string): Uint8Array => {
    const file = join(folder, `${name}.bin`);
    if (!existsSync(file)) throw new BuildError(`there is no ${file} yet: run "npm run build" in @soloist/kernel`);
    return readFileSync(file);
  };
  return { bootSector: load("boot-sector"), bios: load("bios"), uefi: load("uefi"), parcel: load("parcel") };
}

/** Loads the prebuilt base of a target from the kernel package. */
export function loadBase(target: Target): Base {
  const stem = baseStem(target);
  const description = loadDescription(target);
  const require = createRequire(join(dirname(dirname(stem)), "package.json"));
  const engineFolder = dirname(require.resolve("quickjs-wasi/package.json"));
  return {
    description,
    elf: readFileSync(`${stem}.elf`),
    engine: readFileSync(join(engineFolder, "quickjs.wasm")),
    module(name) {
      const module = description.modules[name];
      if (!module) throw new BuildError(`the base for ${target} has no engine module ${JSON.stringify(name)}`);
      return readFileSync(join(engineFolder, module.file.replace(/^quickjs-wasi\//, "")));
    },
  };
}

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

/** What a prebuilt base holds, without its machine code. `kernel` is the folder of the kernel package. */
export function loadDescription(target: Target, kernel: string = findKernel()): BaseDescription {
  const file = `${baseStem(target, kernel)}.json`;
  const text = Buffer.from(readPart(file)).toString();
  try {
    return JSON.parse(text) as BaseDescription;
  } catch {
    throw new BuildError(`the kernel is not built: ${file} is incomplete; ${REMEDY}`);
  }
}

/** The base's ELF file, which has the symbols that images lack. */
export function basePath(target: Target): string {
  return `${baseStem(target, findKernel())}.elf`;
}

function findKernel(): string {
  const kernel = findPackage("@soloist/kernel");
  if (!kernel) throw new BuildError("the package @soloist/kernel is not installed");
  return kernel;
}

function baseStem(target: Target, kernel: string): string {
  const stem = join(kernel, "dist", `base-${target}`);
  for (const file of [`${stem}.json`, `${stem}.elf`]) if (!existsSync(file)) throw missingPart(file);
  return stem;
}

const REMEDY = 'run "npm run build" in @soloist/kernel, or wait until it has ended';

function missingPart(file: string): BuildError {
  return new BuildError(`the kernel is not built: there is no ${file}; ${REMEDY}`);
}

/** A file of the kernel's build, which may be running just now: what was there a moment ago may be gone. */
function readPart(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw missingPart(file);
    throw error;
  }
}

/** Loads the boot loaders of disks from the kernel package. */
export function loadBootCode(kernel: string = findKernel()): BootCode {
  const folder = join(kernel, "dist", "disk");
  const load = (name: string) => readPart(join(folder, `${name}.bin`));
  return { bootSector: load("boot-sector"), bios: load("bios"), uefi: load("uefi"), parcel: load("parcel") };
}

/** Loads the prebuilt base of a target from the kernel package. */
export function loadBase(target: Target, kernel: string = findKernel()): Base {
  const stem = baseStem(target, kernel);
  const description = loadDescription(target, kernel);
  const require = createRequire(join(kernel, "package.json"));
  const engineFolder = dirname(require.resolve("quickjs-wasi/package.json"));
  return {
    description,
    elf: readPart(`${stem}.elf`),
    engine: readFileSync(join(engineFolder, "quickjs.wasm")),
    module(name) {
      const module = description.modules[name];
      if (!module) throw new BuildError(`the base for ${target} has no engine module ${JSON.stringify(name)}`);
      return readFileSync(join(engineFolder, module.file.replace(/^quickjs-wasi\//, "")));
    },
  };
}

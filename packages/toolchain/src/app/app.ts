import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";

/** A folder with a package.json and a main module, or that module alone. */
export interface App {
  readonly folder: string;
  /** Last part of the package's name; names the image. */
  readonly name: string;
  /** Absolute path of the module that calls `run`. */
  readonly entry: string;
  /** Packages that it depends on. */
  readonly dependencies: readonly string[];
}

/** In an app's folder, unless its package.json says otherwise. */
export const DEFAULT_ENTRY = "src/main.ts";

interface Manifest {
  readonly name?: string;
  readonly soloist?: { readonly entry?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Reads an app: a folder with a package.json, or its main module. Throws a {@link UsageError} that says what is missing. */
export function readApp(path: string): App {
  const absolute = resolve(path);
  if (!existsSync(absolute)) throw new UsageError(`there is no ${path}`);
  if (!statSync(absolute).isDirectory()) return readModule(path, absolute);
  const manifest = readManifest(absolute);
  if (!manifest) throw new UsageError(`${path} is not an app: it has no package.json`);
  const entry = resolve(absolute, manifest.soloist?.entry ?? DEFAULT_ENTRY);
  if (!existsSync(entry)) {
    throw new UsageError(
      `${path} has no ${manifest.soloist?.entry ?? DEFAULT_ENTRY}; name its main module in package.json: "soloist": { "entry": "…" }`,
    );
  }
  return {
    folder: absolute,
    name: basename(manifest.name ?? absolute) || "app",
    entry,
    dependencies: Object.keys(manifest.dependencies ?? {}),
  };
}

/** A single file: named after itself, with what the package around it depends on. */
function readModule(path: string, entry: string): App {
  if (!/\.[cm]?[jt]sx?$/.test(entry))
    throw new UsageError(`${path} is neither the folder of an app nor its main module`);
  let folder = dirname(entry);
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  const manifest = readManifest(folder);
  return {
    folder: manifest ? folder : dirname(entry),
    name: basename(entry).replace(/\.[^.]+$/, ""),
    entry,
    dependencies: Object.keys(manifest?.dependencies ?? {}),
  };
}

function readManifest(folder: string): Manifest | undefined {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Manifest;
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`);
  }
}

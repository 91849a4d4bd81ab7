import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Base, DEFAULT_TARGET, loadBase, type Target } from "../base.ts";
import type { ManifestDevice } from "../elf/solo5.ts";
import { prepareEngine } from "../engine/create-engine.ts";
import { evaluate } from "../engine/evaluate.ts";
import { composeImage } from "../image.ts";
import type { BundleContents } from "../report/contents.ts";
import { readApp } from "./app.ts";
import { bundle } from "./bundle.ts";
import { explainFailure } from "./explain.ts";

export interface BuildOptions {
  /** Folder of the app. Default: the current one. */
  readonly app?: string;
  /** Default: virtio. */
  readonly target?: Target;
  /** Default: `<app>/dist/<name>.<target>`. */
  readonly out?: string;
  /** Evaluate the top level now and store the heap (default), or at every boot. */
  readonly snapshot?: boolean;
  readonly minify?: boolean;
  /** Colours in code frames. */
  readonly color?: boolean;
  /** What the app's top level prints. */
  readonly consoleWrite?: (bytes: Uint8Array) => void;
  readonly progress?: (step: string) => void;
  /** Default: the one of the kernel package. Whoever builds several times keeps it: the engine is compiled once. */
  readonly base?: Base;
}

export interface BuiltImage {
  readonly path: string;
  /** The source map, beside the image; it stays on the host. */
  readonly mapPath: string;
  readonly app: string;
  readonly target: string;
  /** Bytes. */
  readonly size: number;
  readonly devices: readonly ManifestDevice[];
  readonly modules: readonly string[];
  readonly snapshot: boolean;
  /** Files and folders that it was made from, absolute. */
  readonly inputs: readonly string[];
  /** What is in it, for {@link createReport}. */
  readonly contents: BundleContents;
  /** The app's folder. */
  readonly folder: string;
}

export const defaultOut = (folder: string, name: string, target: string) => join(folder, "dist", `${name}.${target}`);

/**
 * Builds an app into a bootable image and writes it, with its source map beside it.
 *
 * Throws a UsageError when there is no such app, and a BuildError that says what to do when it cannot be built.
 */
export async function buildImage(options: BuildOptions = {}): Promise<BuiltImage> {
  const { target = DEFAULT_TARGET, snapshot = true, color = false, progress = () => {} } = options;
  const app = readApp(options.app ?? ".");
  const base = options.base ?? loadBase(target);
  prepareEngine(base);
  const path = resolve(options.out ?? defaultOut(app.folder, app.name, target));
  const outFolder = dirname(path);

  progress("bundling");
  const bundled = await bundle({
    app,
    base: base.description,
    outFolder,
    minify: options.minify ?? false,
    snapshot,
    color,
    progress,
  });
  progress("evaluating the top level");
  const consoleWrite = options.consoleWrite ?? (() => {});
  const { devices, snapshot: heap } = await evaluate({
    base,
    source: bundled.code,
    modules: bundled.modules,
    assets: bundled.assets,
    snapshot,
    consoleWrite,
  }).catch((error: unknown) => {
    throw explainFailure(error, { map: bundled.map, outFolder, appFolder: app.folder, color });
  });
  progress("writing the image");
  const image = composeImage({
    base,
    snapshot: heap,
    devices,
    modules: bundled.modules,
    app: app.name,
    hasSnapshot: snapshot,
  });
  const mapPath = `${path}.map`;
  mkdirSync(outFolder, { recursive: true });
  replaceFile(path, image, 0o755);
  replaceFile(mapPath, bundled.map, 0o644);
  const { modules, inputs, contents } = bundled;
  const built = { path, mapPath, app: app.name, target, size: image.length, devices, modules, snapshot };
  return { ...built, inputs, contents, folder: app.folder };
}

/** Tenders map images: one that runs keeps the old file, which writing in place would change under it. */
function replaceFile(path: string, content: Uint8Array | string, mode: number): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
}

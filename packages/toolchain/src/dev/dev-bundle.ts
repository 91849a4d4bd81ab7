import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { context } from "esbuild";
import type { App } from "../app/app.ts";
import { bundleError, bundleOptions, inputFiles } from "../app/bundle.ts";
import { ASSET_SCHEME } from "../app/guest-plugin.ts";
import { loadDescription } from "../base.ts";
import { ABSENT_GLOBALS, type StackChoice, temporaryAsset, unixPlugin } from "./unix-plugin.ts";

/** An app as one module that Node.js runs. */
export interface DevBundle {
  readonly file: string;
  /** Files and folders that it was made from, absolute. */
  readonly inputs: readonly string[];
}

export interface DevBundler extends AsyncDisposable {
  /** Bundles, the second time only what changed. Throws a BuildError with file, line and code frame. */
  bundle(): Promise<DevBundle>;
}

export interface DevBundlerOptions {
  readonly app: App;
  readonly stack: StackChoice;
  readonly color: boolean;
  readonly progress: (step: string) => void;
}

/** Bundles into a temporary folder, which goes away with it. */
export async function createDevBundler(options: DevBundlerOptions): Promise<DevBundler> {
  const { app, stack, color, progress } = options;
  const folder = mkdtempSync(join(tmpdir(), "soloist-dev-"));
  const file = join(folder, "app.mjs");
  const assetPath = temporaryAsset(folder);
  let assetFolders = new Set<string>();
  const common = bundleOptions({
    app,
    base: loadDescription("virtio"),
    snapshot: true,
    progress,
    absent: ABSENT_GLOBALS,
    storeArchive(bytes, source) {
      const id = createHash("sha256").update(bytes).digest("hex");
      if (!existsSync(assetPath(id))) writeFileSync(assetPath(id), bytes);
      assetFolders.add(source);
      return ASSET_SCHEME + id;
    },
  });
  const builder = await context({
    ...common,
    outfile: file,
    sourcemap: "linked",
    plugins: [unixPlugin(app, stack, assetPath), ...common.plugins],
  });
  return {
    async bundle() {
      const previous = assetFolders;
      assetFolders = new Set();
      try {
        const { metafile, outputFiles } = await builder.rebuild();
        for (const { path, contents } of outputFiles) writeFileSync(path, contents);
        return { file, inputs: [...inputFiles(metafile, app.folder), ...assetFolders] };
      } catch (error) {
        assetFolders = previous;
        throw await bundleError(error, app.folder, color);
      }
    },
    async [Symbol.asyncDispose]() {
      try {
        await builder.dispose();
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

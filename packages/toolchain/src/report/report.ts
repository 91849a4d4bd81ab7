import { writeFileSync } from "node:fs";
import type { BuiltImage } from "../app/build-image.ts";
import { loadDescription, type Target } from "../base.ts";
import { inspectImage } from "../inspect.ts";
import { bundleTree, imageTree } from "./contents.ts";
import type { Phase } from "./measure-boot.ts";
import { measureBoot } from "./measure-boot.ts";
import { emitReport } from "./page.ts";

export interface ReportOptions {
  readonly built: BuiltImage;
  readonly build: readonly Phase[];
  /** Boots it once, to time that. */
  readonly measure: boolean;
}

/** Writes what is in an image as an HTML page beside it. Returns the page's path. */
export async function writeReport({ built, build, measure }: ReportOptions): Promise<string> {
  const image = inspectImage(built.path);
  const base = loadDescription(built.target as Target);
  const boot = measure ? await measureBoot(image) : undefined;
  const path = `${built.path}.html`;
  writeFileSync(
    path,
    emitReport({
      app: built.app,
      image,
      linearBase: base.linearBase,
      imageTree: imageTree(image, base, built.contents),
      bundleTree: bundleTree(built.contents, built.folder),
      build,
      ...(boot ? { boot } : {}),
    }),
  );
  return path;
}

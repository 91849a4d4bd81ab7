/**
 * Files inside an image. Folders become modules when an app is built (`@soloist/crunch/build`); this half reads them.
 *
 * @example A whole program:
 * import { run } from "@soloist/runtime";
 * import assets from "crunch:../public";
 *
 * run([], async () => {
 *   for (const { path, size, type } of assets.list()) console.log(path, size, type);
 *   console.log(assets.text("/greeting.txt"));
 * });
 */
export { openArchive } from "./archive.ts";
export { ArchiveError } from "./errors.ts";
export type { Asset, Assets, Variant } from "./types.ts";

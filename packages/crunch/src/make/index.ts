/**
 * Makes archives of folders, on Node.js.
 *
 * @example
 * import { writeFile } from "node:fs/promises";
 * import { crunch } from "@soloist/crunch/build";
 *
 * const { archive, paths } = await crunch("public");
 * await writeFile("public.crunch", archive);
 * console.log(paths);
 */
export { type Crunched, type CrunchOptions, crunch, type Progress } from "./crunch.ts";
export { declareFile, declareModule } from "./declare.ts";
export { CrunchError } from "./errors.ts";
export { type CrunchPluginOptions, crunchPlugin } from "./plugin.ts";

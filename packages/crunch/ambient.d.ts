/**
 * Folders as modules, without the names of their files: for editors and `tsc` before the first build. The declarations that a
 * build generates (`*.crunch.d.ts`) are more exact and come first.
 */
declare module "crunch:*" {
  const assets: import("@soloist/crunch").Assets;
  export default assets;
}

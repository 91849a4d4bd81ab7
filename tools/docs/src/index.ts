/** Makes the site of docs/ and checks it. */
export { type Block, findBlocks, mapBlocks } from "./blocks.ts";
export { buildSite } from "./build-site.ts";
export { check } from "./check.ts";
export { DOCS, markdownFiles, ROOT } from "./content.ts";
export { fileOf, fill } from "./fill.ts";

export { type Contents, type Manifest, type Registry, startRegistry } from "./registry.ts";
export { type Walk, type WalkOptions, walk } from "./walk.ts";

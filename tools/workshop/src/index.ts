export { type Contents, type Manifest, type Registry, startRegistry } from "./registry.ts";

/**
 * Globals of Node.js that npm packages use without naming a module. The toolchain puts those that an app names into an app
 * that depends on this package.
 */
export { Buffer } from "./modules/buffer.ts";
export { process } from "./modules/process.ts";
export { clearImmediate, setImmediate } from "./modules/timers.ts";

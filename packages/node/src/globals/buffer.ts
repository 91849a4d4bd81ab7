/** The global `Buffer`. The toolchain puts it into an app that depends on this package when something names it. */
export { Buffer } from "../modules/buffer.ts";

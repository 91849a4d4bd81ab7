/**
 * Node.js's `net`, `dgram` and `dns` over Soloist's network stack, and what npm clients need beside them.
 *
 * An app that depends on this package may import Node's modules, or libraries that do: the toolchain puts the modules of
 * this package in their place.
 *
 * @example
 * import { stack } from "@soloist/net";
 * import { run } from "@soloist/runtime";
 * import { Redis } from "ioredis";
 *
 * run([stack({ name: "service" })], async () => {
 *   const redis = new Redis({ host: "10.0.0.1" });
 *   console.log(await redis.incr("boots"));
 *   await redis.quit();
 * });
 */
export { NotSupportedError } from "./errors.ts";
export { useStack } from "./network.ts";

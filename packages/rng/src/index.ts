/**
 * Secure random numbers for a machine that has no operating system below it.
 *
 * @example A whole program, with the sources of Node.js:
 * import { getRandomValues } from "node:crypto";
 * import { createRng } from "@soloist/rng";
 *
 * const rng = createRng({
 *   sources: [{ name: "getrandom", kind: "processor", fill: (into) => getRandomValues(into).length }],
 *   now: () => performance.now(),
 * });
 * console.log(rng.uint32(), rng.fill(new Uint8Array(16)));
 */
export { type Chacha20, chacha20 } from "./chacha20.ts";
export { Generator } from "./generator.ts";
export { createRng, EntropyError, type RngOptions } from "./rng.ts";

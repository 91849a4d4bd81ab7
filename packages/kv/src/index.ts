/**
 * A small crash-safe key-value store on a block device.
 *
 * @example A whole program, which counts its boots:
 * import { openStore } from "@soloist/kv";
 * import { block, run } from "@soloist/runtime";
 *
 * run([block("data")], async (disk) => {
 *   await using store = await openStore(disk);
 *   const before = await store.get("boots");
 *   const boots = (before ? before[0]! : 0) + 1;
 *   await store.set("boots", new Uint8Array([boots]));
 *   console.log("boots:", boots);
 * });
 */
export { KvError } from "./errors.ts";
export { memoryStore } from "./memory-store.ts";
export { openStore, type StoreOptions } from "./store.ts";
export type { BlockStore, Change, KvLimits, KvStore, Recovery, Statistics } from "./types.ts";

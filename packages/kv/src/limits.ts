import { recordSize } from "./commit.ts";
import { KvError } from "./errors.ts";
import type { Change, KvLimits } from "./types.ts";
import { utf8Length } from "./utf8.ts";

export const MAX_KEY_BYTES = 512;
export const DEFAULT_MAX_KEYS = 65_536;

/** Checks changes against what a store takes. Throws a {@link KvError}. */
export function takeChanges(changes: Iterable<Change>, limits: KvLimits): Change[] {
  const taken: Change[] = [];
  const keys = new Set<string>();
  let bytes = 0;
  for (const [key, value] of changes) {
    const length = utf8Length(key);
    if (length === 0) throw new KvError("EINVAL", "a key is empty");
    if (length < 0) throw new KvError("EINVAL", `a key has a lone surrogate: ${JSON.stringify(key)}`);
    if (length > limits.maxKeyBytes) {
      throw new KvError("ENAMETOOLONG", `a key has ${length} bytes, ${limits.maxKeyBytes} are allowed`);
    }
    if (keys.has(key)) throw new KvError("EINVAL", `the key ${JSON.stringify(key)} comes twice in one update`);
    keys.add(key);
    bytes += recordSize(key, value);
    if (bytes > limits.maxUpdateBytes) {
      throw new KvError("EFBIG", `an update has more than ${limits.maxUpdateBytes} bytes`);
    }
    taken.push([key, value]);
  }
  return taken;
}

/** Throws `ENOSPC` when a store would have too much in it. Changes that make it smaller are always allowed. */
export function checkRoom(limits: KvLimits, before: Size, after: Size): void {
  if (after.bytes > limits.maxBytes && after.bytes > before.bytes) {
    throw new KvError("ENOSPC", `the store would hold ${after.bytes} bytes, ${limits.maxBytes} are allowed`);
  }
  if (after.keys > limits.maxKeys && after.keys > before.keys) {
    throw new KvError("ENOSPC", `the store would hold ${after.keys} keys, ${limits.maxKeys} are allowed`);
  }
}

export interface Size {
  readonly bytes: number;
  readonly keys: number;
}

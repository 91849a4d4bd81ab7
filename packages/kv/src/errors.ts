import { SoloistError } from "@soloist/interface";

/**
 * What goes wrong with a store. `code` is one of
 *
 * - `EINVAL`: a key is empty, has a lone surrogate, or comes twice in one update.
 * - `ENAMETOOLONG`, `EFBIG`: a key, or an update, is larger than the store's limits.
 * - `ENOSPC`: no room for it: bytes or number of keys. What is in the store stays; deleting makes room.
 * - `EIO`: the device failed. The store takes no more writes; what was acknowledged is there when it is opened again.
 * - `EBUSY`: the device is open already.
 * - `EROFS`: the store was opened to be salvaged.
 * - `ERR_KV_CLOSED`: the store was closed.
 * - `ERR_KV_FOREIGN`: there is something on the device, and it is not a store.
 * - `ERR_KV_CORRUPT`: data that were acknowledged are damaged.
 */
export class KvError extends SoloistError {}

import type { BlockDevice, ByteHelpers } from "@soloist/interface";
import { yieldNow } from "@soloist/runtime";
import { Blocklist, BlocklistError, HEAD, readHead } from "./table.ts";

/** Bytes of one read: between two of them other tasks run. */
const PIECE = 1 << 18;

/** The blocklist that lies at the beginning of a disk; none when there is no disk. @throws {BlocklistError} */
export async function loadBlocklist(
  disk: BlockDevice | undefined,
  helpers: ByteHelpers,
  allowed: readonly string[],
): Promise<Blocklist> {
  if (disk === undefined) return Blocklist.empty();
  const { blockSize } = disk;
  const first = new Uint8Array(Math.max(blockSize, HEAD));
  disk.readSync(0, first);
  const { length } = readHead(first);
  const blocks = Math.ceil(length / blockSize);
  if (blocks > disk.blocks) throw new BlocklistError("the blocklist is larger than its disk");
  const bytes = new Uint8Array(blocks * blockSize);
  const step = Math.max(1, Math.floor(PIECE / blockSize));
  for (let block = 0; block < blocks; block += step) {
    const end = Math.min(block + step, blocks);
    disk.readSync(block, bytes.subarray(block * blockSize, end * blockSize));
    await yieldNow();
  }
  return Blocklist.open(bytes, (of, at, count) => helpers.checksum(of, at, count, 0), allowed);
}

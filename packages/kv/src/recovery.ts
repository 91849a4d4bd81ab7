import type { BlockDevice } from "@soloist/interface";
import { type CommitHeader, CommitReader, type Place } from "./commit.ts";
import { KvError } from "./errors.ts";
import { firstBlock, type Geometry } from "./geometry.ts";
import { SortedIndex } from "./sorted-index.ts";

/** A segment that is part of the log. */
export interface LiveSegment {
  readonly segment: number;
  readonly sequence: number;
  /** Valid commits in it. */
  commits: number;
}

export interface RecoveredLog {
  readonly index: SortedIndex<Place>;
  /** Bytes of the records in the index. */
  bytes: number;
  /** Oldest first; their sequences follow each other. */
  live: LiveSegment[];
  /** Block of the newest segment at which the log goes on. */
  end: number;
  readonly free: number[];
  commits: number;
  records: number;
  readonly cut: { block: number; reason: string }[];
  readonly damage: string[];
}

/** Replays a commit's records into an index. */
export function replay(log: RecoveredLog, reader: CommitReader, segment: number, offset: number): void {
  for (const record of reader.records) {
    const old = log.index.get(record.key);
    if (old !== undefined) log.bytes -= old.size;
    if (record.isDelete) {
      log.index.delete(record.key);
    } else {
      log.index.set(record.key, { segment, at: offset + record.at, size: record.size });
      log.bytes += record.size;
    }
    log.records++;
  }
  log.commits++;
}

/**
 * Reads the log of a device into an index. What an interrupted write left at its end is cut and reported; damage anywhere else
 * is an error, `ERR_KV_CORRUPT`: FORMAT.md says how the two are told apart.
 */
export async function recover(device: BlockDevice, geometry: Geometry): Promise<RecoveredLog> {
  const reader = new CommitReader(device, geometry);
  const log = emptyLog();
  const corrupt = (block: number, what: string): never => {
    throw new KvError("ERR_KV_CORRUPT", `block device "${device.name}", block ${block}: ${what}`);
  };

  const firsts = new Map<number, number>();
  const suspects: { segment: number; isBlank: boolean }[] = [];
  let newest: LiveSegment | undefined;
  for (let segment = 0; segment < geometry.segments; segment++) {
    const first = await reader.read(segment, 0, ({ number }) => number === 0);
    if (typeof first === "string") {
      suspects.push({ segment, isBlank: first === "blank" });
      continue;
    }
    firsts.set(first.sequence, segment);
    if (newest === undefined || first.sequence > newest.sequence)
      newest = { segment, sequence: first.sequence, commits: 0 };
  }

  let oldest = 1;
  if (newest !== undefined) {
    const { segment, sequence } = newest;
    let last: CommitHeader | undefined;
    for (;;) {
      const found = await readNext(reader, geometry, segment, log.end, sequence, newest.commits);
      if (typeof found === "string") {
        if (found === "torn")
          log.cut.push({ block: firstBlock(geometry, segment) + log.end, reason: "an unfinished commit" });
        break;
      }
      last = found;
      newest.commits++;
      log.end += found.blocks;
    }
    oldest = last!.oldest;
    // All that is older than the newest segment, each with as many commits as the one after it says.
    for (let at = oldest; at <= sequence; at++) {
      const place = firsts.get(at);
      if (place === undefined) return corrupt(firstBlock(geometry, 0), `segment ${at} of the log is missing`);
      log.live.push({ segment: place, sequence: at, commits: 0 });
    }
    for (const [index, part] of log.live.entries()) {
      await replaySegment(part, log.live[index + 1]?.sequence);
    }
  }

  /** Replays all commits of a segment, and checks that the next segment has counted as many. */
  async function replaySegment(part: LiveSegment, next: number | undefined): Promise<void> {
    const expected = next === undefined ? newest!.commits : await previousOf(next);
    for (let block = 0; part.commits < expected; ) {
      const found = await readNext(reader, geometry, part.segment, block, part.sequence, part.commits);
      if (typeof found === "string") {
        const where = firstBlock(geometry, part.segment) + block;
        return corrupt(
          where,
          `commit ${part.commits} of ${expected} in segment ${part.sequence} of the log is damaged`,
        );
      }
      replay(log, reader, part.segment, block * geometry.payload);
      part.commits++;
      block += found.blocks;
    }
  }

  async function previousOf(sequence: number): Promise<number> {
    const first = await reader.read(firsts.get(sequence)!, 0, () => true);
    return typeof first === "string" ? corrupt(0, `segment ${sequence} changed while it was read`) : first.previous;
  }

  // One write is in flight at a time: a sound commit behind the end proves that one before it was acknowledged and is lost.
  const isLater = ({ sequence, number }: CommitHeader) =>
    newest === undefined || sequence > newest.sequence || (sequence === newest.sequence && number >= newest.commits);
  const search = async (segment: number, from: number, to: number) => {
    for (const block of await reader.findHeads(segment, from, to)) {
      const found = await reader.read(segment, block, isLater);
      if (typeof found === "object") {
        corrupt(firstBlock(geometry, segment) + from, "damaged, though what was written after it is not");
      }
    }
  };
  if (newest !== undefined) await search(newest.segment, log.end, geometry.segmentBlocks);
  for (const { segment, isBlank } of suspects) {
    // Where nothing was ever written, only the place of the second commit is looked at.
    await search(segment, 1, isBlank ? geometry.commitBlocks + 1 : geometry.segmentBlocks);
    const found = await reader.read(segment, 0, ({ number }) => number === 0);
    if (found === "torn") log.cut.push({ block: firstBlock(geometry, segment), reason: "an unfinished first commit" });
  }

  const used = new Set(log.live.map(({ segment }) => segment));
  for (let segment = 0; segment < geometry.segments; segment++) if (!used.has(segment)) log.free.push(segment);
  return log;
}

export const emptyLog = (): RecoveredLog => ({
  index: new SortedIndex(),
  bytes: 0,
  live: [],
  end: 0,
  free: [],
  commits: 0,
  records: 0,
  cut: [],
  damage: [],
});

export function newLog(_device: BlockDevice, geometry: Geometry): RecoveredLog {
  const log = emptyLog();
  for (let segment = 0; segment < geometry.segments; segment++) log.free.push(segment);
  return log;
}

function readNext(
  reader: CommitReader,
  geometry: Geometry,
  segment: number,
  block: number,
  sequence: number,
  number: number,
): Promise<CommitHeader | "blank" | "old" | "torn"> {
  if (block >= geometry.segmentBlocks) return Promise.resolve("old");
  return reader.read(segment, block, (header) => header.sequence === sequence && header.number === number);
}

/** Reads whatever sound commits there are, in their order, when {@link recover} refuses. The result can only be read. */
export async function salvage(device: BlockDevice, geometry: Geometry): Promise<RecoveredLog> {
  const reader = new CommitReader(device, geometry);
  const log = emptyLog();
  const found: (CommitHeader & { segment: number; block: number })[] = [];
  for (let segment = 0; segment < geometry.segments; segment++) {
    for (let block = 0; block < geometry.segmentBlocks; ) {
      const header = await reader.read(segment, block, () => true);
      if (typeof header === "object") found.push({ ...header, segment, block });
      block += typeof header === "object" ? header.blocks : 1;
    }
  }
  found.sort((a, b) => a.sequence - b.sequence || a.number - b.number);
  const oldest = found[found.length - 1]?.oldest ?? 0;
  const live = found.filter(({ sequence }) => sequence >= oldest);
  let before: CommitHeader | undefined;
  for (const header of live) {
    const { segment, block, sequence, number } = header;
    const follows =
      before === undefined
        ? sequence === oldest && number === 0
        : sequence === before.sequence
          ? number === before.number + 1
          : sequence === before.sequence + 1 && number === 0 && header.previous === before.number + 1;
    if (!follows) {
      log.damage.push(
        `something is missing before commit ${number} of segment ${sequence} (block ${firstBlock(geometry, segment) + block})`,
      );
    }
    before = header;
    await reader.read(segment, block, () => true);
    replay(log, reader, segment, block * geometry.payload);
  }
  return log;
}

import type { SeededRng } from "./seeded-rng.ts";

/** Something that takes bytes from outside, for a fuzzer. */
export interface FuzzTarget {
  /** Valid input, and whatever else is worth to begin with. */
  readonly seeds: readonly Uint8Array[];
  /** Words of the format, which chance would hardly find. */
  readonly words?: readonly Uint8Array[];
  /** Bytes of an input at most. Default 1024. */
  readonly limit?: number;
  /** The input is a list of records, as {@link joinRecords} makes it: they are put in, taken out and moved as a whole. */
  readonly records?: boolean;
  /**
   * Runs the target anew. Throws, or rejects, when it does what it must not do with any bytes. The numbers that it returns tell
   * inputs apart that run the same code, such as states that were reached.
   */
  run(input: Uint8Array): FuzzOutcome | Promise<FuzzOutcome>;
}

export type FuzzOutcome = readonly number[] | undefined;

/** Values at which lengths, counters and signs turn. */
const EDGES = [0, 1, 2, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 191, 192, 255, 256, 511, 512, 1024, 4096];
const WIDE_EDGES = [0x7fff, 0x8000, 0xfffe, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const MOST_CHANGES = 6;
/** Largest step up or down from a number that is there. */
const STEP = 16;

/** Records as one input: each behind its length, two bytes, big-endian. */
export function joinRecords(records: readonly Uint8Array[]): Uint8Array {
  const input = new Uint8Array(records.reduce((sum, record) => sum + 2 + record.length, 0));
  let at = 0;
  for (const record of records) {
    input[at] = record.length >> 8;
    input[at + 1] = record.length;
    input.set(record, at + 2);
    at += 2 + record.length;
  }
  return input;
}

/** The records of any bytes: the last one is as long as there are bytes. */
export function splitRecords(input: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at + 2 <= input.length; ) {
    const length = (input[at]! << 8) | input[at + 1]!;
    records.push(input.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return records;
}

/** A changed copy of `input`. @param other another input, parts of which may get in */
export function mutate(target: FuzzTarget, input: Uint8Array, other: Uint8Array, rng: SeededRng): Uint8Array {
  let result = input;
  for (let changes = 1 + rng.below(MOST_CHANGES); changes > 0; changes--) {
    result = target.records ? changeRecords(target, result, other, rng) : changeBytes(target, result, other, rng);
  }
  return result.length > (target.limit ?? 1024) ? result.slice(0, target.limit ?? 1024) : result;
}

function changeRecords(target: FuzzTarget, input: Uint8Array, other: Uint8Array, rng: SeededRng): Uint8Array {
  const records = splitRecords(input);
  const at = rng.below(records.length + 1);
  const count = 1 + rng.below(4);
  switch (rng.below(10)) {
    case 0:
      records.splice(at, count);
      break;
    case 1:
      records.splice(rng.below(records.length + 1), 0, ...records.slice(at, at + count));
      break;
    case 2: {
      const [moved] = records.splice(at, 1);
      if (moved !== undefined) records.splice(rng.below(records.length + 1), 0, moved);
      break;
    }
    case 3: {
      const foreign = splitRecords(other);
      const from = rng.below(foreign.length + 1);
      records.splice(at, 0, ...foreign.slice(from, from + count));
      break;
    }
    case 4: {
      const foreign = splitRecords(other);
      return joinRecords([...records.slice(0, at), ...foreign.slice(rng.below(foreign.length + 1))]);
    }
    default: {
      const record = records[at];
      if (record !== undefined) records[at] = changeBytes(target, record, other, rng);
    }
  }
  return joinRecords(records);
}

function changeBytes({ words = [] }: FuzzTarget, input: Uint8Array, other: Uint8Array, rng: SeededRng): Uint8Array {
  const at = rng.below(input.length + 1);
  const count = 1 + rng.below(rng.below(4) === 0 ? 32 : 4);
  const replace = (removed: number, ...added: readonly Uint8Array[]): Uint8Array => {
    const parts = [input.subarray(0, at), ...added, input.subarray(at + removed)];
    const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let end = 0;
    for (const part of parts) {
      result.set(part, end);
      end += part.length;
    }
    return result;
  };
  const some = (from: Uint8Array): Uint8Array => {
    const start = rng.below(from.length + 1);
    return from.subarray(start, start + count);
  };
  switch (rng.below(10)) {
    case 0:
      return replace(1, Uint8Array.of((input[at] ?? 0) ^ (1 << rng.below(8))));
    case 1:
      return replace(1, Uint8Array.of(rng.uint32()));
    case 2:
      return replace(1, Uint8Array.of(EDGES[rng.below(EDGES.length)]!));
    case 3:
    case 4:
      return replace(...number(input, at, rng));
    case 5:
      return replace(count);
    case 6:
      return replace(0, some(input));
    case 7:
      return replace(rng.below(2) * count, some(other));
    case 8:
      return rng.below(4) === 0 ? input.slice(0, at) : replace(0, new Uint8Array(count).fill(rng.uint32()));
    default: {
      const word = words.length > 0 ? words[rng.below(words.length)]! : Uint8Array.of(rng.uint32(), rng.uint32());
      return replace(rng.below(2) * word.length, word);
    }
  }
}

/** Bytes of a big-endian number, and it changed. */
function number(input: Uint8Array, at: number, rng: SeededRng): [number, Uint8Array] {
  const width = [1, 2, 4][rng.below(3)]!;
  const edges = [...EDGES, ...WIDE_EDGES];
  let value = edges[rng.below(edges.length)]!;
  if (rng.below(2) === 0) {
    value = 0;
    for (let index = 0; index < width; index++) value = value * 256 + (input[at + index] ?? 0);
    value += rng.below(2 * STEP + 1) - STEP;
  }
  return [width, Uint8Array.from({ length: width }, (_, index) => Math.floor(value / 256 ** (width - 1 - index)))];
}

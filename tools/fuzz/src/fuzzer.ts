import { type FuzzTarget, mutate, type SeededRng, seededRng } from "@soloist/testing";
import { type Coverage, read } from "./coverage.ts";

export interface FuzzOptions {
  readonly target: FuzzTarget;
  readonly coverage: Coverage;
  readonly seed: number;
  /** Inputs that were worth to be kept earlier. */
  readonly corpus: readonly Uint8Array[];
  /** False: inputs are made of the seeds alone, whatever they reach; to see what guidance is good for. */
  readonly guided: boolean;
  /** Asked after each batch: whether to go on after so many inputs. */
  readonly goesOn: (runs: number) => boolean;
  /** Hears of each input before it runs. */
  readonly watch?: (input: Uint8Array) => void;
}

export interface FuzzResult {
  readonly runs: number;
  /** Seeds not among them: inputs that reached something which none before them did. */
  readonly found: readonly Uint8Array[];
  /** Outcomes that were told apart by what the target returned. */
  readonly outcomes: number;
  readonly failure?: { readonly input: Uint8Array; readonly error: unknown };
}

/** Inputs between two readings of the coverage, each of which costs as much as a hundred short runs: few while much is found. */
const MOST_IN_BATCH = 64;
/**
 * Of a hundred inputs, those that come of the seeds, which are whole and valid, where much of what is found ends early; and of
 * the last that were found, as what is new about them has hardly been looked into. Without the first, 3,000 inputs of DHCP ran
 * 62 blocks, and the seeds alone 95.
 */
const SEED_SHARE = 40;
const RECENT_SHARE = 30;
const RECENT = 16;
const SHRINK_TRIES = 400;

/** Runs a target with changed inputs, and keeps those that run code which none has run before. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { target, coverage, guided, goesOn, watch } = options;
  const rng = seededRng(options.seed);
  const pool = [...target.seeds, ...(guided ? options.corpus : [])];
  const found: Uint8Array[] = [];
  const outcomes = new Set<number>();
  let runs = 0;

  /** Whether its outcome is a new one. */
  const run = async (input: Uint8Array): Promise<boolean> => {
    watch?.(input);
    runs++;
    const before = outcomes.size;
    for (const outcome of (await target.run(input)) ?? []) outcomes.add(outcome);
    return outcomes.size > before;
  };
  const keep = (input: Uint8Array): void => {
    found.push(input);
    if (guided) pool.push(input);
  };

  read();
  const batch: Uint8Array[] = [];
  let current = pool[0]!;
  try {
    for (current of [...pool]) await run(current);
    coverage.hasNew(read(), true);
    let size = guided ? 1 : MOST_IN_BATCH;
    while (goesOn(runs)) {
      batch.length = 0;
      for (let index = 0; index < size; index++) {
        current = mutate(target, pick(pool, target.seeds.length, rng), pool[rng.below(pool.length)]!, rng);
        if (await run(current)) keep(current);
        else batch.push(current);
      }
      if (!guided) {
        coverage.hasNew(read(), true);
      } else if (!coverage.hasNew(read(), size === 1)) {
        size = Math.min(MOST_IN_BATCH, 2 * size);
      } else if (size === 1) {
        if (batch.length === 1) keep(current);
      } else {
        // Which of them was it?
        for (current of batch) {
          await run(current);
          if (coverage.hasNew(read(), true)) keep(current);
        }
        size = Math.max(1, size >> 3);
      }
    }
  } catch (error) {
    const input = await shrink(options, current, error, rng);
    return { runs, found, outcomes: outcomes.size, failure: { input, error } };
  }
  return { runs, found, outcomes: outcomes.size };
}

function pick(pool: readonly Uint8Array[], seeds: number, rng: SeededRng): Uint8Array {
  const found = pool.length - seeds;
  const way = rng.below(100);
  if (way < SEED_SHARE) return pool[rng.below(seeds)]!;
  if (way < SEED_SHARE + RECENT_SHARE && found > 0) return pool[pool.length - 1 - rng.below(Math.min(found, RECENT))]!;
  return pool[rng.below(pool.length)]!;
}

/** As little of an input as still fails in the same words. */
async function shrink(
  { target, watch }: FuzzOptions,
  input: Uint8Array,
  error: unknown,
  rng: SeededRng,
): Promise<Uint8Array> {
  let best = input;
  for (let tries = 0; tries < SHRINK_TRIES && best.length > 0; tries++) {
    const at = rng.below(best.length);
    const count = 1 + rng.below(Math.max(1, best.length >> (tries & 7)));
    const less = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + count)]);
    watch?.(less);
    try {
      await target.run(less);
    } catch (other) {
      if (String(other) === String(error)) best = less;
    }
  }
  return best;
}

/**
 * Those of `inputs` that are needed to run the code that all of them do beyond the target's seeds, the short ones first, as
 * long as there are no more than `most` bytes of them.
 */
export async function minimal(
  { target, coverage, watch }: Pick<FuzzOptions, "target" | "coverage" | "watch">,
  inputs: readonly Uint8Array[],
  most: number,
): Promise<Uint8Array[]> {
  const isNew = async (input: Uint8Array): Promise<boolean> => {
    watch?.(input);
    await target.run(input);
    return coverage.hasNew(read(), true);
  };
  read();
  for (const seed of target.seeds) await isNew(seed);
  const kept: Uint8Array[] = [];
  let length = 0;
  for (const input of inputs.toSorted((a, b) => a.length - b.length)) {
    if (length + input.length > most) break;
    if (!(await isNew(input))) continue;
    kept.push(input);
    length += input.length;
  }
  return kept;
}

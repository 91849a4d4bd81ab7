import { sha256 } from "@noble/hashes/sha2.js";
import { type EntropySource, type SeededRng, SoloistError } from "@soloist/interface";
import { Generator, KEY_LENGTH } from "./generator.ts";
import { findDefect } from "./health.ts";
import { Pools } from "./pools.ts";

/** The machine has no source of entropy that passed its test: code `ERR_ENTROPY`. */
export class EntropyError extends SoloistError {
  constructor(message: string) {
    super("ERR_ENTROPY", message);
  }
}

/** Unknown bits that a seed must hold at least. */
const SEED_BITS = 256;
/** Bytes that are asked of a source of each kind, and how many unknown bits each byte counts for. */
const SAMPLE = {
  processor: { length: KEY_LENGTH, bitsPerByte: 8 },
  timing: { length: 512, bitsPerByte: 1 },
} as const;
/** Fortuna reseeds at most ten times a second; once a second keeps hashing off the machine's hot paths. */
const MIN_RESEED_INTERVAL = 1000;
const EVENT_LENGTH = 4;

/** What {@link createRng} needs. */
export interface RngOptions {
  readonly sources: readonly EntropySource[];
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/**
 * A generator for the machine, seeded from `sources`.
 *
 * Each source is tested first; one that fails is left out. When processor instructions give enough, that is the seed, and
 * nothing needs hashing at boot; otherwise timing is measured and hashed.
 *
 * @throws EntropyError when what passed holds less than 256 unknown bits; says for each source what is wrong with it
 * @example
 * const rng = createRng({ sources, now: () => performance.now() });
 * rng.uint32();
 */
export function createRng(options: RngOptions): SeededRng {
  return new FortunaRng(options);
}

class FortunaRng implements SeededRng {
  readonly #now: () => number;
  readonly #processors: readonly EntropySource[];
  readonly #timings: readonly EntropySource[];
  readonly #events: readonly EntropySource[];
  readonly #generator: Generator;
  readonly #event = new Uint8Array(EVENT_LENGTH);
  readonly #fresh = new Uint8Array(KEY_LENGTH);
  #pools: Pools | undefined;
  #reseededAt: number;

  constructor({ sources, now }: RngOptions) {
    const defects: string[] = [];
    const key = new Uint8Array(KEY_LENGTH);
    const processors = sampleAll(sources, "processor", defects);
    let bits = 0;
    for (const { sample } of processors) {
      // Whitened by the processor: XOR loses nothing, and needs no hash.
      for (let index = 0; index < KEY_LENGTH; index++) key[index]! ^= sample[index]!;
      bits = Math.max(bits, sample.length * SAMPLE.processor.bitsPerByte);
    }
    if (bits < SEED_BITS) {
      const hash = sha256.create().update(key);
      for (const { sample } of sampleAll(sources, "timing", defects)) {
        bits += sample.length * SAMPLE.timing.bitsPerByte;
        hash.update(sample);
        sample.fill(0);
      }
      key.set(hash.digest());
    }
    if (bits < SEED_BITS) {
      throw new EntropyError(
        `no usable source of entropy, and so no secure random numbers: ${defects.join("; ") || "there is no source"}`,
      );
    }
    for (const { sample } of processors) sample.fill(0);
    this.#processors = processors.map(({ source }) => source);
    this.#timings = sources.filter(({ kind }) => kind === "timing");
    this.#events = sources.filter(({ kind }) => kind === "event");
    this.#now = now;
    this.#reseededAt = now();
    this.#generator = new Generator(key, () => this.#refresh());
    key.fill(0);
  }

  fill(into: Uint8Array): Uint8Array {
    return this.#generator.fill(into);
  }

  uint32(): number {
    return this.#generator.uint32();
  }

  addEvent(): void {
    this.#pools ??= new Pools();
    for (const source of this.#events) {
      if (source.fill(this.#event) === EVENT_LENGTH) this.#pools.add(this.#event);
    }
  }

  /**
   * Before a refill: reseeds from the pools when it is time, and mixes fresh bytes of the processor into the key, so that
   * two machines resumed from one snapshot part ways within one buffer.
   */
  #refresh(): void {
    const now = this.#now();
    if (this.#pools?.isReady() && now - this.#reseededAt >= MIN_RESEED_INTERVAL) this.#reseed(this.#pools, now);
    for (const source of this.#processors) {
      if (source.fill(this.#fresh) === KEY_LENGTH && findDefect(this.#fresh, "processor") === undefined) {
        this.#generator.mix(this.#fresh);
        break;
      }
    }
    this.#fresh.fill(0);
  }

  /** Fortuna: the next key is the double hash of the old one and the pools; here of a little fresh timing too. */
  #reseed(pools: Pools, now: number): void {
    const key = new Uint8Array(KEY_LENGTH);
    this.#generator.copyKey(key);
    const hash = sha256.create().update(key).update(pools.take());
    for (const source of this.#timings) {
      const length = source.fill(this.#fresh);
      hash.update(this.#fresh.subarray(0, length));
    }
    key.set(sha256(hash.digest()));
    this.#generator.setKey(key);
    key.fill(0);
    this.#reseededAt = now;
  }
}

interface Sampled {
  readonly source: EntropySource;
  readonly sample: Uint8Array;
}

/** Samples of the sources of a kind that passed; what is wrong with the others goes to `defects`. */
function sampleAll(sources: readonly EntropySource[], kind: keyof typeof SAMPLE, defects: string[]): Sampled[] {
  const passed: Sampled[] = [];
  for (const source of sources) {
    if (source.kind !== kind) continue;
    const sample = new Uint8Array(SAMPLE[kind].length);
    const filled = source.fill(sample);
    const defect = filled < sample.length ? describeShort(filled) : findDefect(sample, kind);
    if (defect === undefined) passed.push({ source, sample });
    else defects.push(`${source.name} ${defect}`);
  }
  return passed;
}

function describeShort(filled: number): string {
  return filled === 0 ? "is not there" : `failed after ${filled} bytes`;
}

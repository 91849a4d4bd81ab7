import { sha256 } from "@noble/hashes/sha2.js";
import { type EntropySource, type SeededRng, SoloistError } from "@soloist/interface";
import type { Chacha20 } from "./chacha20.ts";
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
/** A window of the health test, and twice what a seed needs. */
const TIMING_LENGTH = 512;
const TIMING_BITS_PER_BYTE = 1;
/** Fortuna reseeds at most ten times a second; once a second keeps hashing off the machine's hot paths. */
const MIN_RESEED_INTERVAL = 1000;
const EVENT_LENGTH = 4;

/** What {@link createRng} needs. */
export interface RngOptions {
  readonly sources: readonly EntropySource[];
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** ChaCha20, when there is a faster one than TypeScript's. */
  readonly chacha20?: Chacha20;
}

/**
 * A generator for the machine, seeded from `sources`.
 *
 * Each source is tested before it counts. When a processor instruction works, it gives the seed, and nothing needs hashing at
 * boot; otherwise timing is measured and hashed.
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
  readonly #processor: EntropySource | undefined;
  readonly #timings: readonly EntropySource[];
  readonly #events: readonly EntropySource[];
  readonly #generator: Generator;
  readonly #event = new Uint8Array(EVENT_LENGTH);
  readonly #fresh = new Uint8Array(KEY_LENGTH);
  #pools: Pools | undefined;
  #reseededAt: number;

  constructor({ sources, now, chacha20 }: RngOptions) {
    const defects: string[] = [];
    const key = new Uint8Array(KEY_LENGTH);
    let bits = 0;
    // One that works is enough: all of them hand out what the same circuit makes. On virtual machines the instructions
    // take 3 to 5 us for 8 bytes, and asking a second one would be a tenth of a boot.
    this.#processor = sources.find((source) => source.kind === "processor" && fillTested(source, key, defects));
    if (this.#processor !== undefined) {
      bits = KEY_LENGTH * 8;
    } else {
      key.fill(0);
      const hash = sha256.create();
      for (const source of sources) {
        const sample = new Uint8Array(TIMING_LENGTH);
        if (source.kind !== "timing" || !fillTested(source, sample, defects)) continue;
        bits += sample.length * TIMING_BITS_PER_BYTE;
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
    this.#timings = sources.filter(({ kind }) => kind === "timing");
    this.#events = sources.filter(({ kind }) => kind === "event");
    this.#now = now;
    this.#reseededAt = now();
    this.#generator = new Generator(key, () => this.#refresh(), chacha20);
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
    if (this.#processor !== undefined && fillTested(this.#processor, this.#fresh, [])) this.#generator.mix(this.#fresh);
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

/** Fills `into` from a source; false, with the reason added to `defects`, when the source cannot or fails its test. */
function fillTested(source: EntropySource, into: Uint8Array, defects: string[]): boolean {
  const filled = source.fill(into);
  const defect = filled < into.length ? describeShort(filled) : findDefect(into, source.kind);
  if (defect !== undefined) defects.push(`${source.name} ${defect}`);
  return defect === undefined;
}

function describeShort(filled: number): string {
  return filled === 0 ? "is not there" : `failed after ${filled} bytes`;
}

import { sha256 } from "@noble/hashes/sha2.js";

export const POOLS = 32;
/** A reseed needs this many bytes in pool 0 (Fortuna's MinPoolSize). */
export const MIN_POOL_SIZE = 64;
const BUFFER_LENGTH = 128;
const DIGEST_LENGTH = 32;

/**
 * Fortuna's 32 entropy pools: events go round them; pool i is emptied at every 2^i-th reseed. Whoever controls some of the
 * sources, or read the state once, loses track in the end, because some pool holds enough that they do not know.
 *
 * A pool is a digest of what was folded into it and a buffer of what was not, so that adding an event is a few writes; a
 * buffer is hashed when it is full.
 */
export class Pools {
  readonly #buffers = new Uint8Array(POOLS * BUFFER_LENGTH);
  readonly #used = new Uint8Array(POOLS);
  readonly #digests = new Uint8Array(POOLS * DIGEST_LENGTH);
  readonly #isFolded = new Uint8Array(POOLS);
  #next = 0;
  #reseeds = 0;

  /** How often {@link take} was called. */
  get reseeds(): number {
    return this.#reseeds;
  }

  /** Adds one event to the pool whose turn it is. */
  add(event: Uint8Array): void {
    const pool = this.#next;
    this.#next = (pool + 1) % POOLS;
    if (this.#used[pool]! + event.length > BUFFER_LENGTH) this.#fold(pool);
    this.#buffers.set(event, pool * BUFFER_LENGTH + this.#used[pool]!);
    this.#used[pool]! += event.length;
  }

  /** Whether pool 0 holds enough for a reseed. */
  isReady(): boolean {
    return this.#isFolded[0] === 1 || this.#used[0]! >= MIN_POOL_SIZE;
  }

  /** Empties the pools whose turn it is and returns their digests, one after the other. */
  take(): Uint8Array {
    this.#reseeds++;
    const digests: Uint8Array[] = [];
    for (let pool = 0; pool < POOLS && this.#reseeds % 2 ** pool === 0; pool++) {
      this.#fold(pool);
      const at = pool * DIGEST_LENGTH;
      digests.push(this.#digests.slice(at, at + DIGEST_LENGTH));
      this.#digests.fill(0, at, at + DIGEST_LENGTH);
      this.#isFolded[pool] = 0;
    }
    const result = new Uint8Array(digests.length * DIGEST_LENGTH);
    for (const [index, digest] of digests.entries()) result.set(digest, index * DIGEST_LENGTH);
    return result;
  }

  #fold(pool: number): void {
    const at = pool * BUFFER_LENGTH;
    const used = this.#used[pool]!;
    const digest = this.#digests.subarray(pool * DIGEST_LENGTH, (pool + 1) * DIGEST_LENGTH);
    digest.set(
      sha256
        .create()
        .update(digest)
        .update(this.#buffers.subarray(at, at + used))
        .digest(),
    );
    this.#buffers.fill(0, at, at + BUFFER_LENGTH);
    this.#used[pool] = 0;
    this.#isFolded[pool] = 1;
  }
}

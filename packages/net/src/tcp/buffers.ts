import { MIN_RING } from "./limits.ts";

/**
 * Rings for bytes in flight. Capacities are powers of two, and byte `seq` of a stream lives at `seq & (capacity - 1)`: a ring
 * needs neither head nor tail beside the sequence numbers that TCP keeps anyway. (2^32 is a multiple of every capacity.)
 */
export type Ring = Uint8Array;

export type Copy = (to: Uint8Array, toOffset: number, from: Uint8Array, fromOffset: number, length: number) => void;

export function writeRing(ring: Ring, seq: number, from: Uint8Array, offset: number, length: number, copy: Copy): void {
  const capacity = ring.length;
  const at = seq & (capacity - 1);
  const first = capacity - at;
  if (length <= first) {
    copy(ring, at, from, offset, length);
  } else {
    copy(ring, at, from, offset, first);
    copy(ring, 0, from, offset + first, length - first);
  }
}

export function readRing(ring: Ring, seq: number, into: Uint8Array, offset: number, length: number, copy: Copy): void {
  const capacity = ring.length;
  const at = seq & (capacity - 1);
  const first = capacity - at;
  if (length <= first) {
    copy(into, offset, ring, at, length);
  } else {
    copy(into, offset, ring, at, first);
    copy(into, offset + first, ring, 0, length - first);
  }
}

/** Copies [start, start + length) of a stream from one ring to another. */
export function moveRing(from: Ring, to: Ring, start: number, length: number, copy: Copy): void {
  let seq = start;
  let left = length;
  while (left > 0) {
    const at = seq & (from.length - 1);
    const chunk = Math.min(left, from.length - at);
    writeRing(to, seq, from, at, chunk, copy);
    seq = (seq + chunk) | 0;
    left -= chunk;
  }
}

/** Smallest capacity that holds `length` bytes. */
export function ringCapacity(length: number): number {
  let capacity = MIN_RING;
  while (capacity < length) capacity *= 2;
  return capacity;
}

/** Rings that were given back, by size, so that a request costs no allocation. */
export class RingPool {
  /** Bytes of rings that connections hold. */
  used = 0;
  /** Whether so much is free that connections may ask for larger windows. */
  get roomy(): boolean {
    return this.used < this.#budget >> 1;
  }

  /** Whether more than the budget is held: connections then offer and take no more than the least. */
  pressure = false;
  /**
   * Whether a quarter more than the budget is held, as many may use at once what they were promised before it was spent: no ring
   * grows beyond `LEAST_LIMIT` then, and what has no place in it is dropped, for the peer to send again.
   */
  full = false;
  readonly #free = new Map<number, Ring[]>();
  #kept = 0;
  readonly #budget: number;
  readonly #most: number;
  readonly #keep: number;

  /**
   * @param budget bytes that connections may hold before windows shrink
   * @param keep bytes of free rings that are kept
   */
  constructor(budget: number, keep: number) {
    this.#budget = budget;
    this.#most = budget + (budget >> 2);
    this.#keep = keep;
  }

  acquire(capacity: number): Ring {
    this.used += capacity;
    if (this.used > this.#budget) {
      this.pressure = true;
      this.full = this.used > this.#most;
    }
    const list = this.#free.get(capacity);
    if (list !== undefined) {
      const ring = list.pop();
      if (ring !== undefined) {
        this.#kept -= capacity;
        return ring;
      }
    }
    return new Uint8Array(capacity);
  }

  /** The ring will never be given back. */
  forget(ring: Ring): void {
    this.used -= ring.length;
    if (this.pressure) {
      this.full = this.used > this.#most;
      if (this.used <= this.#budget) this.pressure = false;
    }
  }

  release(ring: Ring): void {
    const capacity = ring.length;
    this.forget(ring);
    if (this.#kept + capacity > this.#keep) return;
    this.#kept += capacity;
    const list = this.#free.get(capacity);
    if (list !== undefined) list.push(ring);
    else this.#free.set(capacity, [ring]);
  }
}

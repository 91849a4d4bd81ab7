import { MAX_RANGES } from "./limits.ts";

/**
 * Which bytes beyond rcvNxt have arrived: disjoint ranges [start, end) in order, two int32 each. The bytes themselves
 * already lie at their places in the receive ring.
 */
export class Ranges {
  readonly #edges = new Int32Array(MAX_RANGES * 2);
  count = 0;

  start(index: number): number {
    return this.#edges[index * 2]!;
  }

  end(index: number): number {
    return this.#edges[index * 2 + 1]!;
  }

  /** Whether all of [start, end) has arrived. */
  holds(start: number, end: number): boolean {
    const edges = this.#edges;
    for (let index = 0; index < this.count; index++) {
      if (((edges[index * 2]! - start) | 0) > 0) return false;
      if (((edges[index * 2 + 1]! - end) | 0) >= 0) return true;
    }
    return false;
  }

  /** Adds [start, end), joining what it touches. False, and nothing changed, when that would take one range too many. */
  insert(start: number, end: number): boolean {
    const edges = this.#edges;
    let first = 0;
    while (first < this.count && ((edges[first * 2 + 1]! - start) | 0) < 0) first++;
    let last = first;
    let low = start;
    let high = end;
    while (last < this.count && ((edges[last * 2]! - end) | 0) <= 0) {
      if (((edges[last * 2]! - low) | 0) < 0) low = edges[last * 2]!;
      if (((edges[last * 2 + 1]! - high) | 0) > 0) high = edges[last * 2 + 1]!;
      last++;
    }
    if (first === last && this.count === MAX_RANGES) return false;
    edges.copyWithin((first + 1) * 2, last * 2, this.count * 2);
    edges[first * 2] = low;
    edges[first * 2 + 1] = high;
    this.count += 1 - (last - first);
    return true;
  }

  /** Takes off the ranges that `next` has reached and returns the new first missing byte. */
  advance(next: number): number {
    const edges = this.#edges;
    let taken = 0;
    while (taken < this.count && ((edges[taken * 2]! - next) | 0) <= 0) {
      if (((edges[taken * 2 + 1]! - next) | 0) > 0) next = edges[taken * 2 + 1]!;
      taken++;
    }
    if (taken > 0) {
      edges.copyWithin(0, taken * 2, this.count * 2);
      this.count -= taken;
    }
    return next;
  }
}

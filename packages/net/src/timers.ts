/** Something with a deadline. The heap keeps both fields. */
export interface Timed {
  /** The time it is filed under: never later than its real deadline; Infinity when it is not in the heap. */
  timerKey: number;
  /** -1: not in the heap. */
  timerIndex: number;
}

/**
 * A binary heap of deadlines. Lazy: a deadline that moves away (the common case, once an answer for a request is there)
 * leaves the entry where it is; whoever takes it off files it again. Idle things are not in it.
 */
export class Timers<T extends Timed> {
  /** Earliest key; Infinity when empty. A field, because it is read in every poll. */
  first: number = Number.POSITIVE_INFINITY;
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Files `item` under `at`, unless it is there under an earlier time already. */
  schedule(item: T, at: number): void {
    if (at >= item.timerKey) return;
    item.timerKey = at;
    if (item.timerIndex < 0) {
      item.timerIndex = this.#heap.length;
      this.#heap.push(item);
    }
    this.#up(item, item.timerIndex);
    this.first = this.#heap[0]!.timerKey;
  }

  /** Takes off the earliest item if its key is at most `now`. */
  take(now: number): T | undefined {
    if (this.first > now) return undefined;
    const item = this.#heap[0]!;
    this.remove(item);
    return item;
  }

  remove(item: T): void {
    const index = item.timerIndex;
    if (index < 0) return;
    const heap = this.#heap;
    item.timerIndex = -1;
    item.timerKey = Number.POSITIVE_INFINITY;
    const last = heap.pop()!;
    if (last !== item) {
      heap[index] = last;
      last.timerIndex = index;
      this.#up(last, index);
      this.#down(last, last.timerIndex);
    }
    this.first = heap.length > 0 ? heap[0]!.timerKey : Number.POSITIVE_INFINITY;
  }

  #up(item: T, index: number): void {
    const heap = this.#heap;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex]!;
      if (parent.timerKey <= item.timerKey) break;
      heap[index] = parent;
      parent.timerIndex = index;
      index = parentIndex;
    }
    heap[index] = item;
    item.timerIndex = index;
  }

  #down(item: T, index: number): void {
    const heap = this.#heap;
    const length = heap.length;
    for (;;) {
      let childIndex = index * 2 + 1;
      if (childIndex >= length) break;
      if (childIndex + 1 < length && heap[childIndex + 1]!.timerKey < heap[childIndex]!.timerKey) childIndex++;
      const child = heap[childIndex]!;
      if (child.timerKey >= item.timerKey) break;
      heap[index] = child;
      child.timerIndex = index;
      index = childIndex;
    }
    heap[index] = item;
    item.timerIndex = index;
  }
}

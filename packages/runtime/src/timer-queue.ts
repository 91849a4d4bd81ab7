/**
 * Timers ordered by due time, then by age: a binary heap, insertion and removal in O(log n), cancelling in O(1).
 *
 * A cancelled timer stays in the heap until it comes up or cancelled ones outnumber the others, so that servers which set
 * and cancel one for each request pay little.
 */
export interface Timer {
  /** When to fire, milliseconds. */
  at: number;
  /** Order among timers of the same time. */
  sequence: number;
  /** undefined once it has fired or was cancelled. What it returns is for whoever takes it. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most return nothing.
  fire: (() => boolean | void) | undefined;
}

const COMPACT_FROM = 64;

export class TimerQueue {
  #heap: Timer[] = [];
  #cancelled = 0;
  #sequence = 0;

  /** Timers that are neither fired nor cancelled. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  add(at: number, fire: Timer["fire"] & object): Timer {
    const timer: Timer = { at, sequence: this.#sequence++, fire };
    this.#heap.push(timer);
    this.#siftUp(this.#heap.length - 1);
    return timer;
  }

  cancel(timer: Timer): void {
    if (timer.fire === undefined) return;
    timer.fire = undefined;
    if (++this.#cancelled >= COMPACT_FROM && this.#cancelled * 2 > this.#heap.length) this.#compact();
  }

  /** When the next timer is due, Infinity when there is none. */
  nextAt(): number {
    const heap = this.#heap;
    while (heap.length > 0 && heap[0]!.fire === undefined) {
      this.#removeFirst();
      this.#cancelled--;
    }
    return heap.length === 0 ? Infinity : heap[0]!.at;
  }

  /** Takes the next timer that is due at `now` out and returns what it does; undefined when none is due. */
  takeDue(now: number): Timer["fire"] {
    if (this.nextAt() > now) return undefined;
    const timer = this.#heap[0]!;
    this.#removeFirst();
    const { fire } = timer;
    timer.fire = undefined;
    return fire;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    this.#siftDown(0);
  }

  #compact(): void {
    const heap = this.#heap.filter((timer) => timer.fire !== undefined);
    this.#heap = heap;
    this.#cancelled = 0;
    for (let index = (heap.length >> 1) - 1; index >= 0; index--) this.#siftDown(index);
  }

  #siftUp(from: number): void {
    const heap = this.#heap;
    const timer = heap[from]!;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  #siftDown(from: number): void {
    const heap = this.#heap;
    const { length } = heap;
    const timer = heap[from]!;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, timer)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = timer;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}

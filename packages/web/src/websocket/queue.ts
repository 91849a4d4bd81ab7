/** Taken items are let go of in portions of at least this many. */
const COMPACT = 64;

/** First in, first out, in constant time: `shift` of an array moves all that is behind it. */
export class Queue<T> {
  #items: T[] = [];
  #at = 0;

  get length(): number {
    return this.#items.length - this.#at;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#at === this.#items.length) return undefined;
    const item = this.#items[this.#at++];
    if (this.#at === this.#items.length) {
      this.clear();
    } else if (this.#at >= COMPACT && 2 * this.#at > this.#items.length) {
      this.#items = this.#items.slice(this.#at);
      this.#at = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#at = 0;
  }
}

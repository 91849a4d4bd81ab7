/**
 * The most frequent of a stream of names in bounded memory: Misra and Gries' summary. Whoever makes up more than one in `limit` of the
 * stream is in it; counts are too low by at most a `limit`th of the stream.
 */
export class Top {
  readonly #counts = new Map<string, number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  count(name: string): void {
    const known = this.#counts.get(name);
    if (known !== undefined) {
      this.#counts.set(name, known + 1);
      return;
    }
    if (this.#counts.size < this.#limit) {
      this.#counts.set(name, 1);
      return;
    }
    for (const [other, count] of this.#counts) {
      if (count === 1) this.#counts.delete(other);
      else this.#counts.set(other, count - 1);
    }
  }

  /** The first `count` of them, most frequent first. */
  list(count: number): { readonly name: string; readonly count: number }[] {
    return [...this.#counts]
      .map(([name, times]) => ({ name, count: times }))
      .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
      .slice(0, count);
  }
}

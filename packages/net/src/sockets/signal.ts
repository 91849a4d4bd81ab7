/** Already resolved: handing it out costs nothing. */
export const RESOLVED: Promise<void> = Promise.resolve();

/** Something that tasks wait for; a promise exists only while somebody does. */
export class Signal {
  #promise: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  wait(): Promise<void> {
    if (this.#promise === undefined) {
      this.#promise = new Promise((resolve) => {
        this.#resolve = resolve;
      });
    }
    return this.#promise;
  }

  get waited(): boolean {
    return this.#resolve !== undefined;
  }

  /** True: somebody waited. */
  fire(): boolean {
    const resolve = this.#resolve;
    if (resolve === undefined) return false;
    this.#promise = undefined;
    this.#resolve = undefined;
    resolve();
    return true;
  }
}

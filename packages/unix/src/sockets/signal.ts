import { wake } from "../machine.ts";

/** Something that tasks wait for. Firing it asks for a turn: the tasks may set timers. */
export class Signal {
  #promise: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  wait(): Promise<void> {
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve;
    });
    return this.#promise;
  }

  fire(): void {
    this.#resolve?.();
    this.#promise = undefined;
    this.#resolve = undefined;
    wake();
  }
}

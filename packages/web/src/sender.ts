import type { Flow } from "@soloist/interface";
import type { Output } from "./http/output.ts";

/** Moves a server's shared output to one flow, and keeps what the flow has no room for. */
export class Sender {
  readonly #flow: Flow;
  readonly #output: Output;
  /** What is left of earlier output, from `#unsentAt` on, and what comes behind it. */
  #unsent: Uint8Array | undefined = undefined;
  /** Whether there is some, which has to go before new output is built. */
  waiting = false;
  #unsentAt = 0;
  #unsentTail: Uint8Array | undefined = undefined;

  constructor(flow: Flow, output: Output) {
    this.#flow = flow;
    this.#output = output;
  }

  /** Gives the flow what it takes; false when something is left, which is then this sender's own. Throws what the flow throws. */
  flush(): boolean {
    const output = this.#output;
    try {
      return this.waiting ? this.#sendUnsent(output) : this.#sendOutput(output);
    } catch (error) {
      // Nothing of this client may stay in the output that all share.
      output.clear();
      this.#keep(undefined, undefined);
      throw error;
    }
  }

  #sendUnsent(output: Output): boolean {
    if (!output.empty) throw new Error("Output was built while older output waits");
    return this.#flushUnsent();
  }

  #sendOutput(output: Output): boolean {
    const length = output.length;
    const taken = length === 0 ? 0 : this.#flow.writeFrom(output.buffer, 0, length);
    const tail = output.tail;
    if (taken < length) {
      this.#keep(output.buffer.slice(taken, length), tail);
      output.clear();
      return false;
    }
    output.clear();
    if (tail === undefined) return true;
    this.#keep(tail, undefined);
    return this.#flushUnsent();
  }

  #keep(unsent: Uint8Array | undefined, tail: Uint8Array | undefined): void {
    this.#unsent = unsent;
    this.#unsentAt = 0;
    this.#unsentTail = tail;
    this.waiting = unsent !== undefined;
  }

  #flushUnsent(): boolean {
    for (;;) {
      const unsent = this.#unsent!;
      const left = unsent.length - this.#unsentAt;
      const taken = this.#flow.writeFrom(unsent, this.#unsentAt, left);
      this.#unsentAt += taken;
      if (taken < left) return false;
      this.#keep(this.#unsentTail, undefined);
      if (!this.waiting) return true;
    }
  }
}

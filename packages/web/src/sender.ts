import type { Flow } from "@soloist/interface";
import type { Output } from "./http/output.ts";

/** Moves a server's shared output to one flow, and keeps what the flow has no room for. */
export class Sender {
  readonly #flow: Flow;
  readonly #output: Output;
  /** What is left of earlier output, from `#unsentAt` on, and what comes behind it. */
  #unsent: Uint8Array | undefined = undefined;
  #unsentAt = 0;
  #unsentTail: Uint8Array | undefined = undefined;

  constructor(flow: Flow, output: Output) {
    this.#flow = flow;
    this.#output = output;
  }

  /** Whether older output has to go before new output is built. */
  get waiting(): boolean {
    return this.#unsent !== undefined;
  }

  /** Gives the flow what it takes; false when something is left, which is then this sender's own. Throws what the flow throws. */
  flush(): boolean {
    const output = this.#output;
    try {
      return this.#unsent === undefined ? this.#sendOutput(output) : this.#sendUnsent(output);
    } catch (error) {
      // Nothing of this client may stay in the output that all share.
      output.clear();
      this.#unsent = undefined;
      this.#unsentTail = undefined;
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
      this.#unsent = output.buffer.slice(taken, length);
      this.#unsentAt = 0;
      this.#unsentTail = tail;
      output.clear();
      return false;
    }
    output.clear();
    if (tail === undefined) return true;
    this.#unsent = tail;
    this.#unsentAt = 0;
    return this.#flushUnsent();
  }

  #flushUnsent(): boolean {
    for (;;) {
      const unsent = this.#unsent!;
      const left = unsent.length - this.#unsentAt;
      const taken = this.#flow.writeFrom(unsent, this.#unsentAt, left);
      this.#unsentAt += taken;
      if (taken < left) return false;
      this.#unsent = this.#unsentTail;
      this.#unsentAt = 0;
      this.#unsentTail = undefined;
      if (this.#unsent === undefined) return true;
    }
  }
}

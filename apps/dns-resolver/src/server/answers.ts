import type { Wire } from "./reply.ts";

/** An answer that is kept. */
export interface Answer extends Wire {
  readonly key: string;
  /** As text, in lower case. */
  readonly name: string;
  readonly type: number;
  readonly rcode: number;
  readonly blocked: boolean;
  /** Milliseconds. */
  readonly storedAt: number;
  readonly expiresAt: number;
  /** It could not be had anew: nobody is asked for it before this. */
  retryAt: number;
  /** Times that it was given since. */
  hits: number;
}

/** About what an entry takes beside its bytes: an object, its key, its name, an array of offsets, its share of the map. */
const ENTRY_BYTES = 400;

/** Answers by question, the one unused for longest leaving first; bounded in bytes. Times are arguments, milliseconds. */
export class Answers {
  readonly #byKey = new Map<string, Answer>();
  readonly #limit: number;
  /** For so long an answer is kept that has expired, in case no server can be reached (RFC 8767). */
  readonly #keepStale: number;
  #bytes = 0;

  constructor(limit: number, keepStale: number) {
    this.#limit = limit;
    this.#keepStale = keepStale;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The answer, which may have expired: look at `expiresAt`. */
  get(key: string, now: number): Answer | undefined {
    const answer = this.#byKey.get(key);
    if (answer === undefined) return undefined;
    if (answer.expiresAt + this.#keepStale <= now) {
      this.#remove(answer);
      return undefined;
    }
    // Moving each one that is used costs 1 us; an order that is right for one use in eight keeps what is used.
    if ((answer.hits++ & 7) === 0) {
      this.#byKey.delete(key);
      this.#byKey.set(key, answer);
    }
    return answer;
  }

  put(answer: Answer): void {
    const old = this.#byKey.get(answer.key);
    if (old !== undefined) this.#remove(old);
    const size = answer.bytes.length + ENTRY_BYTES;
    if (size > this.#limit / 8) return;
    while (this.#bytes + size > this.#limit) this.#remove(this.#byKey.values().next().value!);
    this.#byKey.set(answer.key, answer);
    this.#bytes += size;
  }

  clear(): void {
    this.#byKey.clear();
    this.#bytes = 0;
  }

  #remove(answer: Answer): void {
    this.#byKey.delete(answer.key);
    this.#bytes -= answer.bytes.length + ENTRY_BYTES;
  }
}

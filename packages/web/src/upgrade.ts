import type { Flow, WaitOptions } from "@soloist/interface";
import type { HeadersInit } from "./fetch/headers.ts";
import { Response } from "./fetch/response.ts";

/** What speaks on a connection after it has changed its protocol (RFC 9110 7.8). */
export interface Upgraded {
  /**
   * Speaks until the end, and resolves then: the server closes the connection. `window`: a buffer that all connections
   * share; what is in it is gone after an `await`. `now`: the count that `tick` goes on with.
   */
  run(flow: Flow, window: Uint8Array, now: number): Promise<void>;
  /** Called about once a second with a count of seconds. `stallTicks`: how long a peer may take nothing. */
  tick?(now: number, stallTicks: number): void;
  /** The server stops: say goodbye. What runs on is cut off after `stopTimeout`. */
  stop?(): void;
}

/** The answer 101 to a request: the connection speaks another protocol from here on. */
export class UpgradeResponse extends Response {
  readonly upgraded: Upgraded;

  constructor(protocol: string, upgraded: Upgraded, headers?: HeadersInit) {
    super(null, headers === undefined ? undefined : { headers });
    (this as { status: number }).status = 101;
    this.headers.set("upgrade", protocol);
    this.upgraded = upgraded;
  }
}

/**
 * Answers a request with 101 Switching Protocols and hands the connection over. The client must have asked for it
 * (`Connection: upgrade`), without content; it gets 400 otherwise.
 *
 * @example
 * app.get("/echo", () => upgrade("echo", async (flow) => {
 *   for (let data = await flow.read(); data; data = await flow.read()) await flow.write(data);
 * }));
 */
export function upgrade(protocol: string, speak: (flow: Flow) => Promise<void>, headers?: HeadersInit): Response {
  return new UpgradeResponse(protocol, { run: (flow) => speak(flow) }, headers);
}

/** A flow with bytes in front that were read already. */
export class PrefixedFlow implements Flow {
  readonly #flow: Flow;
  #prefix: Uint8Array | undefined;
  #readable: Flow["readable"] | undefined;

  constructor(flow: Flow, prefix: Uint8Array) {
    this.#flow = flow;
    this.#prefix = prefix;
  }

  get remote() {
    return this.#flow.remote;
  }

  get local() {
    return this.#flow.local;
  }

  readInto(into: Uint8Array, offset: number): number {
    const prefix = this.#prefix;
    if (prefix === undefined) return this.#flow.readInto(into, offset);
    const length = Math.min(prefix.length, into.length - offset);
    into.set(prefix.subarray(0, length), offset);
    this.#prefix = length === prefix.length ? undefined : prefix.subarray(length);
    return length;
  }

  async read(options?: WaitOptions): Promise<Uint8Array | undefined> {
    const prefix = this.#prefix;
    this.#prefix = undefined;
    return prefix ?? this.#flow.read(options);
  }

  async whenReadable(): Promise<void> {
    if (this.#prefix === undefined) await this.#flow.whenReadable();
  }

  writeFrom(from: Uint8Array, offset: number, length: number): number {
    return this.#flow.writeFrom(from, offset, length);
  }

  whenWritable(): Promise<void> {
    return this.#flow.whenWritable();
  }

  get readable(): Flow["readable"] {
    this.#readable ??= this.#createReadable();
    return this.#readable;
  }

  get writable(): Flow["writable"] {
    return this.#flow.writable;
  }

  write(data: Uint8Array | string): Promise<void> {
    return this.#flow.write(data);
  }

  shutdown(): void {
    this.#flow.shutdown();
  }

  close(): Promise<void> {
    return this.#flow.close();
  }

  abort(): void {
    this.#flow.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flow[Symbol.asyncDispose]();
  }

  #createReadable(): Flow["readable"] {
    const { readable } = this.#flow;
    if (this.#prefix === undefined) return readable;
    // The flow's own class: this package has none, unless the app names the global. Reading ahead would be too early here, too.
    const Class = readable.constructor as ReadableClass;
    return new Class(
      {
        pull: async (controller) => {
          const data = await this.read();
          if (data === undefined) controller.close();
          else controller.enqueue(data);
        },
        cancel: async () => {
          this.#prefix = undefined;
          await readable.cancel();
        },
      },
      { highWaterMark: 0 },
    );
  }
}

type ReadableClass = new (
  source: {
    pull(controller: { enqueue(chunk: Uint8Array): void; close(): void }): Promise<void>;
    cancel(): Promise<void>;
  },
  strategy: { readonly highWaterMark: number },
) => Flow["readable"];

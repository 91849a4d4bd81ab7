import { type ByteHelpers, type Flow, type Listener, SoloistError } from "@soloist/interface";
import { flowStreams } from "@soloist/testing";
import { portableBytes } from "../src/bytes.ts";

/** One direction of a pipe that holds at most `capacity` bytes. */
class Pipe {
  #bytes: number[] = [];
  ended = false;
  error: Error | undefined;
  readonly capacity: number;
  #waiting: (() => void)[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get room(): number {
    return this.capacity - this.#bytes.length;
  }
  get length(): number {
    return this.#bytes.length;
  }
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
  push(from: Uint8Array, offset: number, length: number): number {
    const taken = Math.min(length, this.room);
    for (let at = offset; at < offset + taken; at++) this.#bytes.push(from[at]!);
    if (taken > 0) this.wake();
    return taken;
  }
  take(most: number): Uint8Array {
    const taken = Uint8Array.from(this.#bytes.splice(0, most));
    if (taken.length > 0) this.wake();
    return taken;
  }
}

export class MemoryFlow implements Flow {
  readonly remote = { address: "10.0.0.1", port: 50_000 };
  readonly local = { address: "10.0.0.2", port: 80 };
  readonly #in: Pipe;
  readonly #out: Pipe;
  #peer: MemoryFlow | undefined;
  #streams: Pick<Flow, "readable" | "writable"> | undefined;
  /** Calls of writeFrom that took something. */
  writes = 0;

  constructor(input: Pipe, output: Pipe) {
    this.#in = input;
    this.#out = output;
  }

  meet(peer: MemoryFlow): void {
    this.#peer = peer;
  }

  #assert(): void {
    if (this.#in.error !== undefined) throw this.#in.error;
  }

  get readable(): Flow["readable"] {
    this.#streams ??= flowStreams(this);
    return this.#streams.readable;
  }

  get writable(): Flow["writable"] {
    this.#streams ??= flowStreams(this);
    return this.#streams.writable;
  }

  async read(): Promise<Uint8Array | undefined> {
    await this.whenReadable();
    this.#assert();
    if (this.#in.length === 0) return undefined;
    return this.#in.take(this.#in.length);
  }

  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let at = 0; at < bytes.length; ) {
      at += this.writeFrom(bytes, at, bytes.length - at);
      if (at < bytes.length) await this.whenWritable();
    }
  }

  shutdown(): void {
    this.#out.ended = true;
    this.#out.wake();
  }

  async close(): Promise<void> {
    this.#assert();
    this.shutdown();
    while (this.#out.length > 0 && this.#out.error === undefined) await this.#out.changed();
  }

  abort(): void {
    this.#fail(new SoloistError("ECONNABORTED", "aborted"));
    this.#peer?.reset();
  }

  reset(): void {
    this.#fail(new SoloistError("ECONNRESET", "reset by peer"));
  }

  #fail(error: Error): void {
    this.#in.error ??= error;
    this.#in.wake();
    this.#out.wake();
  }

  readInto(into: Uint8Array, offset: number): number {
    this.#assert();
    if (this.#in.length === 0) return this.#in.ended ? -1 : 0;
    const taken = this.#in.take(into.length - offset);
    into.set(taken, offset);
    return taken.length;
  }

  async whenReadable(): Promise<void> {
    while (this.#in.length === 0 && !this.#in.ended && this.#in.error === undefined) await this.#in.changed();
  }

  wakeWhenReadable(waiter: { wake(): void }): void {
    const wake = () => waiter.wake();
    this.whenReadable().then(wake, wake);
  }

  writeFrom(from: Uint8Array, offset: number, length: number): number {
    this.#assert();
    if (this.#out.ended) throw new SoloistError("EPIPE", "shut down");
    const taken = this.#out.push(from, offset, length);
    if (taken > 0) this.writes++;
    return taken;
  }

  async whenWritable(): Promise<void> {
    while (this.#out.room === 0 && this.#in.error === undefined) await this.#out.changed();
    this.#assert();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Both ends of a connection. */
export function flowPair(capacity = 64 * 1024): { client: MemoryFlow; server: MemoryFlow } {
  const up = new Pipe(capacity);
  const down = new Pipe(capacity);
  const client = new MemoryFlow(down, up);
  const server = new MemoryFlow(up, down);
  client.meet(server);
  server.meet(client);
  return { client, server };
}

export class MemoryListener implements Listener {
  readonly local = { address: "10.0.0.2", port: 80 };
  readonly bytes: ByteHelpers = portableBytes as unknown as ByteHelpers;
  #queue: Flow[] = [];
  #waiting: (() => void) | undefined;
  closed = false;
  readonly #clients: MemoryFlow[] = [];

  /** Resets every connection. */
  abortAll(): void {
    for (const client of this.#clients) client.abort();
  }

  connect(capacity?: number): MemoryFlow & { readonly serverEnd: MemoryFlow } {
    const { client, server } = flowPair(capacity);
    this.#queue.push(server);
    this.#clients.push(client);
    this.#waiting?.();
    return Object.assign(client, { serverEnd: server });
  }

  async accept(): Promise<Flow | undefined> {
    while (this.#queue.length === 0 && !this.closed) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.closed ? undefined : this.#queue.shift();
  }

  close(): void {
    this.closed = true;
    this.#waiting?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Flow> {
    for (let flow = await this.accept(); flow !== undefined; flow = await this.accept()) yield flow;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** Reads text until `done` says so, or the end of the stream. */
export async function readUntil(flow: Flow, done: (text: string) => boolean): Promise<string> {
  let text = "";
  while (!done(text)) {
    const piece = await flow.read();
    if (piece === undefined) break;
    text += Buffer.from(piece).toString("latin1");
  }
  return text;
}

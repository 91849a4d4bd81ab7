import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type ByteHelpers, type Flow, type Listener, SoloistError } from "@soloist/interface";
import { flowStreams } from "@soloist/testing";
import { portableBytes } from "../src/bytes.ts";

/** Node's sockets behind the Flow interface, so that real clients on loopback can be used in tests. */
export class NodeFlow implements Flow {
  readonly #socket: Socket;
  #error: Error | undefined;
  #ended = false;
  #waiting: (() => void)[] = [];
  #held: Buffer[] = [];

  #streams: Pick<Flow, "readable" | "writable"> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (data) => {
      this.#held.push(data);
      if (this.#held.length > 8) socket.pause();
      this.#wake();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", (error) => {
      this.#error ??= new SoloistError("ECONNRESET", error.message);
      this.#wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("drain", () => this.#wake());
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  get remote() {
    return { address: this.#socket.remoteAddress ?? "", port: this.#socket.remotePort ?? 0 };
  }
  get local() {
    return { address: this.#socket.localAddress ?? "", port: this.#socket.localPort ?? 0 };
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
    const into = new Uint8Array(65_536);
    const length = this.readInto(into, 0);
    return length < 0 ? undefined : into.slice(0, length);
  }

  async write(data: Uint8Array | string): Promise<void> {
    if (!this.#socket.write(data)) await once(this.#socket, "drain");
  }

  shutdown(): void {
    this.#socket.end();
  }

  async close(): Promise<void> {
    this.#socket.resume();
    await new Promise<void>((resolve) => this.#socket.end(() => resolve()));
  }

  abort(): void {
    this.#error ??= new SoloistError("ECONNABORTED", "aborted");
    this.#socket.resetAndDestroy();
    this.#wake();
  }

  readInto(into: Uint8Array, offset: number): number {
    if (this.#error !== undefined) throw this.#error;
    let at = offset;
    while (this.#held.length > 0 && at < into.length) {
      const first = this.#held[0]!;
      const length = Math.min(first.length, into.length - at);
      into.set(first.subarray(0, length), at);
      at += length;
      if (length === first.length) this.#held.shift();
      else this.#held[0] = first.subarray(length);
    }
    if (this.#held.length === 0) this.#socket.resume();
    if (at > offset) return at - offset;
    return this.#ended ? -1 : 0;
  }

  async whenReadable(): Promise<void> {
    while (this.#held.length === 0 && !this.#ended && this.#error === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#error !== undefined) throw this.#error;
  }

  writeFrom(from: Uint8Array, offset: number, length: number): number {
    if (this.#error !== undefined) throw this.#error;
    const room = 65_536 - this.#socket.writableLength;
    const taken = Math.max(0, Math.min(length, room));
    if (taken > 0) this.#socket.write(from.slice(offset, offset + taken));
    return taken;
  }

  async whenWritable(): Promise<void> {
    while (this.#socket.writableLength >= 65_536 && this.#error === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#error !== undefined) throw this.#error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Listens on a free port of loopback. */
export async function listenOnLoopback(): Promise<Listener & { readonly port: number }> {
  const server: Server = createServer({ allowHalfOpen: true });
  const queue: Flow[] = [];
  let wake: (() => void) | undefined;
  let closed = false;
  server.on("connection", (socket) => {
    queue.push(new NodeFlow(socket));
    wake?.();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as { port: number };
  const listener = {
    port: address.port,
    local: { address: "127.0.0.1", port: address.port },
    bytes: portableBytes as unknown as ByteHelpers,
    async accept(): Promise<Flow | undefined> {
      while (queue.length === 0 && !closed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return closed ? undefined : queue.shift();
    },
    close(): void {
      closed = true;
      server.close();
      wake?.();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<Flow> {
      for (let flow = await listener.accept(); flow !== undefined; flow = await listener.accept()) yield flow;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
    },
  };
  return listener;
}

import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import { TextEncoder } from "node:util";
import type { Endpoint, SoloistError, WaitOptions } from "@soloist/interface";
import {
  BrokenPipeError,
  ConnectionAbortedError,
  type FlowInfo,
  limited,
  readableOf,
  type TcpFlowApi,
  writableOf,
} from "@soloist/net";
import { after } from "./after.ts";
import { socketError } from "./errors.ts";
import { Signal } from "./signal.ts";

export interface FlowOptions {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** Bytes that wait to be read before the peer is held back. */
  readonly receiveBuffer: number;
  /** Bytes that `write` takes before it waits. */
  readonly sendBuffer: number;
}

interface PendingWrite {
  readonly data: Uint8Array;
  taken: number;
  readonly resolve: () => void;
  readonly reject: (error: SoloistError) => void;
}

/** Room that wakes a writer. */
const ROOM = 2048;
/** Largest chunk that `read()` hands out. */
const READ_CHUNK = 64 * 1024;
/** How long a peer may go on sending into a flow that was closed (FIN-WAIT-2), milliseconds. */
const LINGER_MS = 60_000;

const encoder = new TextEncoder();

/** A connection of the host behind the contract of `Flow`. */
export class HostFlow implements TcpFlowApi {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly #socket: Socket;
  readonly #options: FlowOptions;
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  readonly #readable = new Signal();
  readonly #writable = new Signal();
  readonly #finished = new Signal();
  readonly #writes: PendingWrite[] = [];
  #error: SoloistError | undefined;
  #hasEnded = false;
  #isShut = false;
  #isFinished = false;
  #isClosed = false;
  #isCorked = false;

  constructor(socket: Socket, options: FlowOptions) {
    this.#socket = socket;
    this.#options = options;
    this.remote = options.remote;
    this.local = options.local;
    socket.on("data", (data: Buffer) => this.#take(data));
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#readable.fire();
    });
    socket.on("finish", () => {
      this.#isFinished = true;
      this.#finished.fire();
    });
    socket.on("error", (error) => this.#fail(socketError(error, `${options.remote.address}:${options.remote.port}`)));
    socket.on("close", () => {
      this.#hasEnded = true;
      this.#isFinished = true;
      this.#readable.fire();
      this.#writable.fire();
      this.#finished.fire();
    });
    socket.resume();
  }

  get readable(): ReadableStream<Uint8Array> {
    return readableOf(this);
  }

  get writable(): WritableStream<Uint8Array | string> {
    return writableOf(this);
  }

  readInto(into: Uint8Array, offset: number): number {
    let at = offset;
    while (at < into.length) {
      const first = this.#held[0];
      if (first === undefined) break;
      const length = Math.min(first.length, into.length - at);
      into.set(length === first.length ? first : first.subarray(0, length), at);
      at += length;
      if (length === first.length) this.#held.shift();
      else this.#held[0] = first.subarray(length);
    }
    if (at > offset) {
      this.#took(at - offset);
      return at - offset;
    }
    if (this.#heldBytes > 0) return 0;
    if (this.#error !== undefined) throw this.#error;
    return this.#hasEnded || this.#isClosed ? -1 : 0;
  }

  async read(options?: WaitOptions): Promise<Uint8Array | undefined> {
    if (options !== undefined) {
      await limited<void>(after, options, "nothing arrived", (resolve) => {
        void this.whenReadable().then(resolve);
        return () => {};
      });
    }
    for (;;) {
      const first = this.#held.shift();
      if (first !== undefined) {
        const chunk = first.length > READ_CHUNK ? first.slice(0, READ_CHUNK) : first;
        if (chunk !== first) this.#held.unshift(first.subarray(READ_CHUNK));
        this.#took(chunk.length);
        return chunk;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#hasEnded || this.#isClosed) return undefined;
      await this.#readable.wait();
    }
  }

  async whenReadable(): Promise<void> {
    if (this.#heldBytes > 0 || this.#hasEnded || this.#isClosed || this.#error !== undefined) return;
    await this.#readable.wait();
  }

  writeFrom(from: Uint8Array, offset: number, length: number): number {
    if (this.#writes.length > 0) return 0;
    this.#assertWritable();
    const taken = Math.min(length, this.#room);
    if (taken > 0) this.#send(from.slice(offset, offset + taken));
    return taken;
  }

  async whenWritable(): Promise<void> {
    if (this.#isShut || this.#error !== undefined || this.#socket.destroyed) return;
    if (this.#writes.length === 0 && this.#room > 0) return;
    await this.#writable.wait();
  }

  write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    return new Promise((resolve, reject) => {
      this.#assertWritable();
      this.#writes.push({ data: bytes, taken: 0, resolve, reject });
      if (this.#writes.length === 1) this.#pump();
    });
  }

  shutdown(): void {
    if (this.#isShut) return;
    this.#isShut = true;
    // Writes that wait for room come first.
    if (this.#writes.length === 0) this.#socket.end();
  }

  async close(): Promise<void> {
    this.shutdown();
    this.#isClosed = true;
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#socket.resume();
    this.#socket.setTimeout(LINGER_MS, () => this.#socket.destroy());
    this.#readable.fire();
    const unsent = () => this.#writes.length > 0 || this.#socket.writableLength > 0;
    while (!this.#isFinished) await this.#finished.wait();
    if (this.#error !== undefined && unsent()) throw this.#error;
  }

  abort(): void {
    if (this.#socket.destroyed) return;
    this.#fail(new ConnectionAbortedError());
    this.#socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close();
    } catch {
      // The peer is gone: so is the connection, which is what disposing asks for.
    }
  }

  /** What Node.js does not know is -1 or 0. */
  info(): FlowInfo {
    return {
      state: this.#socket.destroyed
        ? "CLOSED"
        : this.#isFinished
          ? "FIN-WAIT-2"
          : this.#hasEnded
            ? "CLOSE-WAIT"
            : "ESTABLISHED",
      roundTrip: -1,
      retransmissionTimeout: 0,
      congestionWindow: 0,
      retransmissions: 0,
      sendWindow: 0,
      receiveWindow: 0,
      mss: 0,
      unsent: this.#socket.writableLength,
      unread: this.#heldBytes,
    };
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }

  setKeepAlive(milliseconds: number): void {
    this.#socket.setKeepAlive(milliseconds > 0, milliseconds);
  }

  get #room(): number {
    return Math.max(0, this.#options.sendBuffer - this.#socket.writableLength);
  }

  #assertWritable(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#isShut || this.#socket.destroyed) throw new BrokenPipeError();
  }

  #take(data: Buffer): void {
    if (this.#isClosed) return;
    // Not a Buffer, whose slice() means something else.
    this.#held.push(new Uint8Array(data.buffer, data.byteOffset, data.length));
    this.#heldBytes += data.length;
    if (this.#heldBytes >= this.#options.receiveBuffer) this.#socket.pause();
    this.#readable.fire();
  }

  #took(length: number): void {
    this.#heldBytes -= length;
    if (this.#heldBytes < this.#options.receiveBuffer && this.#socket.isPaused()) this.#socket.resume();
  }

  /** What is written in one turn goes out together. */
  #send(bytes: Uint8Array): void {
    const socket = this.#socket;
    if (!this.#isCorked) {
      this.#isCorked = true;
      socket.cork();
      setImmediate(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    socket.write(bytes, () => this.#pump());
  }

  /** Moves what waits into the send buffer. */
  #pump(): void {
    if (this.#error !== undefined) return;
    for (let write = this.#writes[0]; write !== undefined; write = this.#writes[0]) {
      const length = Math.min(write.data.length - write.taken, this.#room);
      if (length > 0) this.#send(write.data.slice(write.taken, write.taken + length));
      write.taken += length;
      if (write.taken < write.data.length) return;
      this.#writes.shift();
      write.resolve();
    }
    if (this.#isShut) this.#socket.end();
    else if (this.#room >= ROOM) this.#writable.fire();
  }

  #fail(error: SoloistError): void {
    this.#error ??= error;
    for (const write of this.#writes.splice(0)) write.reject(this.#error);
    this.#readable.fire();
    this.#writable.fire();
    this.#finished.fire();
  }
}

import type { Endpoint, Flow, SoloistError, WaitOptions } from "@soloist/interface";
import { BrokenPipeError, failureError, InvalidArgumentError } from "../errors.ts";
import { FIRST_IPV6 } from "../ipv6/addresses.ts";
import { closeSend, discardReceived, readableLength, readBytes, writableLength, writeBytes } from "../tcp/calls.ts";
import type { TcpConnection, TcpOwner } from "../tcp/connection.ts";
import type { TcpLayer } from "../tcp/layer.ts";
import { FIN_WAIT_2_LENGTH, PRESSURE_LIMIT } from "../tcp/limits.ts";
import type { Waiter } from "../tcp/ready-queue.ts";
import {
  CLOSED,
  EVENT_CLOSED,
  EVENT_READABLE,
  EVENT_WRITABLE,
  FIN_WAIT_2,
  STATE_NAMES,
  TIME_WAIT,
} from "../tcp/state.ts";
import { readableOf, writableOf } from "./flow-streams.ts";
import { limited, timerOf } from "./limits.ts";
import { RESOLVED, Signal } from "./signal.ts";

/** Room that wakes a writer: less than every buffer has when it is empty, however short memory is. */
const ROOM = 2048;
/** Largest chunk that `read()` hands out. */
const READ_CHUNK = 64 * 1024;

interface PendingWrite {
  readonly data: Uint8Array;
  taken: number;
  readonly resolve: () => void;
  readonly reject: (error: SoloistError) => void;
}

/** A connection's figures, for people and for tests. */
export interface FlowInfo {
  readonly state: string;
  /** Milliseconds; -1: not measured yet. */
  readonly roundTrip: number;
  readonly retransmissionTimeout: number;
  readonly congestionWindow: number;
  /** Segments sent again since the connection began. */
  readonly retransmissions: number;
  /** What the peer has room for, and what we have told it that there is here, bytes from what was acknowledged on. */
  readonly sendWindow: number;
  readonly receiveWindow: number;
  readonly mss: number;
  /** Bytes written and not acknowledged, bytes arrived and not read. */
  readonly unsent: number;
  readonly unread: number;
}

/** What `tcp` gives beyond {@link Flow}. */
export interface TcpFlowApi extends Flow {
  info(): FlowInfo;
  /** As the option `noDelay` of `connect`, from now on. */
  setNoDelay(on: boolean): void;
  /** As the option `keepAlive` of `connect`, from now on: milliseconds, 0: never. */
  setKeepAlive(milliseconds: number): void;
}

export class TcpFlow implements TcpFlowApi, TcpOwner {
  readonly #layer: TcpLayer;
  readonly #connection: TcpConnection;
  /** Who waits for data by a call. */
  #waiter: Waiter | undefined;
  /** All three are made when somebody waits: most connections never need them, and 160 bytes each of ten thousand are many. */
  #readable: Signal | undefined;
  #writable: Signal | undefined;
  #finished: Signal | undefined;
  #writes: PendingWrite[] | undefined;
  #shut = false;
  /** Both ends of a connection over IPv6: its addresses are not held any longer than it is. */
  readonly #ends: { readonly remote: Endpoint; readonly local: Endpoint } | undefined;

  constructor(layer: TcpLayer, connection: TcpConnection) {
    this.#layer = layer;
    this.#connection = connection;
    this.#ends = connection.remoteAddress >= FIRST_IPV6 ? { remote: this.#remote(), local: this.#local() } : undefined;
  }

  get remote(): Endpoint {
    return this.#ends?.remote ?? this.#remote();
  }

  get local(): Endpoint {
    return this.#ends?.local ?? this.#local();
  }

  #remote(): Endpoint {
    const c = this.#connection;
    return { address: this.#layer.addresses.format(c.remoteAddress), port: c.remotePort };
  }

  #local(): Endpoint {
    const c = this.#connection;
    return { address: this.#layer.addresses.format(c.localAddress), port: c.localPort };
  }

  get readable(): ReadableStream<Uint8Array> {
    return readableOf(this);
  }

  get writable(): WritableStream<Uint8Array | string> {
    return writableOf(this);
  }

  readInto(into: Uint8Array, offset: number): number {
    const c = this.#connection;
    const taken = readBytes(c, into, offset, into.length - offset);
    if (taken > 0) {
      if (c.ackNow && !c.queued) this.#layer.enqueue(c);
      return taken;
    }
    if (c.error !== undefined) throw this.#failure();
    if (c.finReceived || c.discard || c.state === CLOSED) return readableLength(c) > 0 ? 0 : -1;
    return 0;
  }

  whenReadable(): Promise<void> {
    const c = this.#connection;
    if (readableLength(c) > 0 || c.finReceived || c.discard || c.state === CLOSED) return RESOLVED;
    c.awaitsData = true;
    this.#readable ??= new Signal();
    return this.#readable.wait();
  }

  wakeWhenReadable(waiter: Waiter): void {
    const c = this.#connection;
    if (readableLength(c) > 0 || c.finReceived || c.discard || c.state === CLOSED) {
      this.#layer.ready.push(waiter);
      return;
    }
    c.awaitsData = true;
    this.#waiter = waiter;
  }

  async read(options?: WaitOptions): Promise<Uint8Array | undefined> {
    const c = this.#connection;
    if (options !== undefined) await this.#readableWithin(options);
    for (;;) {
      const length = readableLength(c);
      if (length > 0) {
        const chunk = new Uint8Array(Math.min(length, c.env.pool.pressure ? PRESSURE_LIMIT : READ_CHUNK));
        this.readInto(chunk, 0);
        return chunk;
      }
      if (c.error !== undefined) throw this.#failure();
      if (c.finReceived || c.discard || c.state === CLOSED) return undefined;
      await this.whenReadable();
    }
  }

  writeFrom(from: Uint8Array, offset: number, length: number): number {
    if (this.#writes !== undefined) return 0;
    const c = this.#connection;
    if (c.error !== undefined) throw this.#failure();
    if (this.#shut || c.finQueued || c.state === CLOSED) throw new BrokenPipeError();
    const taken = writeBytes(c, from, offset, length);
    if (taken > 0 && !c.queued) this.#layer.enqueue(c);
    return taken;
  }

  whenWritable(): Promise<void> {
    const c = this.#connection;
    if (this.#shut || c.error !== undefined || c.state === CLOSED) return RESOLVED;
    if (this.#writes === undefined && writableLength(c) > 0) return RESOLVED;
    c.awaitsRoom = true;
    this.#writable ??= new Signal();
    return this.#writable.wait();
  }

  write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? this.#encode(data) : data;
    let taken = 0;
    if (this.#writes === undefined) {
      try {
        taken = this.writeFrom(bytes, 0, bytes.length);
      } catch (error) {
        return Promise.reject(error);
      }
      if (taken === bytes.length) return RESOLVED;
    } else if (this.#shut) {
      return Promise.reject(new BrokenPipeError());
    }
    this.#connection.awaitsRoom = true;
    return new Promise((resolve, reject) => {
      this.#writes ??= [];
      this.#writes.push({ data: bytes, taken, resolve, reject });
    });
  }

  shutdown(): void {
    if (this.#shut) return;
    this.#shut = true;
    // Writes that wait for room come first: `#pump` ends the direction behind them.
    if (this.#writes === undefined) this.#sendFin();
  }

  close(): Promise<void> {
    const c = this.#connection;
    this.shutdown();
    discardReceived(c, this.#layer.now, FIN_WAIT_2_LENGTH);
    if (c.state !== CLOSED) this.#layer.enqueue(c);
    this.#wakeReaders();
    return this.#flushed();
  }

  abort(): void {
    const c = this.#connection;
    if (c.state === CLOSED) return;
    this.#layer.abort(c);
    this.onEvents(c, EVENT_CLOSED);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close();
    } catch {
      // The peer is gone: so is the connection, which is what disposing asks for.
    }
  }

  info(): FlowInfo {
    const c = this.#connection;
    return {
      state: STATE_NAMES[c.state]!,
      roundTrip: c.srtt,
      retransmissionTimeout: c.rto,
      congestionWindow: c.cwnd,
      retransmissions: c.retransmitted,
      sendWindow: c.sndWnd,
      receiveWindow: (c.rcvAdv - c.rcvNxt) | 0,
      mss: c.mss,
      unsent: (c.sndEnd - c.sndUna) | 0,
      unread: readableLength(c),
    };
  }

  setNoDelay(on: boolean): void {
    const c = this.#connection;
    c.noDelay = on;
    if (on && c.state !== CLOSED) this.#layer.enqueue(c);
  }

  setKeepAlive(milliseconds: number): void {
    if (!(milliseconds >= 0)) throw new InvalidArgumentError(`keepAlive is in milliseconds, not ${milliseconds}`);
    const c = this.#connection;
    c.keepAlive = milliseconds;
    if (c.state === CLOSED) return;
    const { now } = this.#layer;
    c.lastHeardAt = now;
    // While something is unacknowledged the timer is that of its retransmission; the acknowledgment starts this one.
    if (c.sndUna === c.sndEnd) c.rtoAt = milliseconds > 0 ? now + milliseconds : Number.POSITIVE_INFINITY;
    this.#layer.enqueue(c);
  }

  onEvents(c: TcpConnection, events: number): void {
    if ((events & EVENT_READABLE) !== 0) {
      c.awaitsData = false;
      this.#wakeReaders();
      if (events === EVENT_READABLE) return;
    }
    if ((events & EVENT_WRITABLE) !== 0) {
      if (this.#writes !== undefined) this.#pump();
      // Not for each few bytes: whoever waits has more to write.
      if (this.#writable?.waited && this.#writes === undefined && writableLength(c) >= ROOM) {
        this.#writable.fire();
        this.#layer.woken = true;
      }
      c.awaitsRoom = this.#writes !== undefined || this.#writable?.waited === true;
    }
    if (c.state === CLOSED || c.state === TIME_WAIT || c.state === FIN_WAIT_2) {
      if (c.state === CLOSED) {
        this.#failWrites();
        this.#wakeReaders();
        this.#writable?.fire();
      }
      this.#finished?.fire();
      this.#layer.woken = true;
    }
  }

  #wakeReaders(): void {
    const waiter = this.#waiter;
    if (waiter !== undefined) {
      this.#waiter = undefined;
      this.#layer.ready.push(waiter);
      this.#layer.woken = true;
    }
    if (this.#readable?.fire()) this.#layer.woken = true;
  }

  async #readableWithin(options: WaitOptions): Promise<void> {
    await limited<void>(timerOf(this.#layer), options, "nothing arrived", (resolve) => {
      void this.whenReadable().then(resolve);
      // The others who wait for the same go on.
      return () => {};
    });
  }

  async #flushed(): Promise<void> {
    const c = this.#connection;
    while (c.state !== CLOSED && c.state !== TIME_WAIT && c.state !== FIN_WAIT_2) {
      this.#finished ??= new Signal();
      await this.#finished.wait();
    }
    // The peer may reset once it has everything: then nothing was lost.
    if (c.error !== undefined && ((c.sndEnd - c.sndUna) | 0) > 0) throw this.#failure();
  }

  /** Moves what waits into the send buffer. */
  #pump(): void {
    const writes = this.#writes!;
    const c = this.#connection;
    while (writes.length > 0) {
      const write = writes[0]!;
      const taken = writeBytes(c, write.data, write.taken, write.data.length - write.taken);
      if (taken > 0 && !c.queued) this.#layer.enqueue(c);
      write.taken += taken;
      if (write.taken < write.data.length) return;
      writes.shift();
      write.resolve();
      this.#layer.woken = true;
    }
    this.#writes = undefined;
    if (this.#shut) this.#sendFin();
  }

  #sendFin(): void {
    const c = this.#connection;
    if (c.state === CLOSED) return;
    closeSend(c);
    this.#layer.enqueue(c);
  }

  #failWrites(): void {
    const writes = this.#writes;
    if (writes === undefined) return;
    this.#writes = undefined;
    for (const write of writes)
      write.reject(this.#connection.error === undefined ? new BrokenPipeError() : this.#failure());
  }

  #failure(): SoloistError {
    const c = this.#connection;
    return failureError(c.error!, `${this.remote.address}:${c.remotePort}`);
  }

  #encode(text: string): Uint8Array {
    // One UTF-16 unit becomes three bytes at most.
    const buffer = new Uint8Array(text.length * 3);
    return buffer.subarray(0, this.#layer.bytes.utf8Encode(text, buffer, 0));
  }
}

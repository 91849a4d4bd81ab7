import { type Flow, SoloistError } from "@soloist/interface";
import { HttpError } from "../http-error.ts";
import { logFailure } from "../log.ts";
import type { Upgraded } from "../upgrade.ts";
import { buildFrame } from "./frame.ts";
import { type CloseStatus, FRAMES_DUE, LOST, RECEIVED, type State, WebSocketMachine } from "./machine.ts";
import { GOING_AWAY, INTERNAL_ERROR, INVALID_DATA, NORMAL, TRY_AGAIN_LATER } from "./parser.ts";
import { Queue } from "./queue.ts";
import type { WebSocketLimits } from "./websocket.ts";

/**
 * An open WebSocket. Iterate it for what the peer sends; the loop ends when the connection does, however it does.
 *
 * @example
 * for await (const message of socket) await socket.send(message);
 */
export interface WebSocket<Message = string | Uint8Array> extends AsyncIterable<Message> {
  /** The subprotocol that was agreed on, or "". */
  readonly protocol: string;
  readonly state: State;
  /** How the connection ended; `undefined` before it did. */
  readonly status: CloseStatus | undefined;
  /** Bytes of messages that the network has not taken yet. */
  readonly buffered: number;
  /** Aborted when the connection ends, for work that should end with it. */
  readonly signal: AbortSignal;

  /** The next message; `undefined` once the connection is closed. */
  receive(): Promise<Message | undefined>;
  /**
   * Sends text as text, bytes as binary. Resolves when the network has taken the message: that is the back-pressure. False,
   * and nothing sent, when the connection is closing. Never rejects.
   */
  send(message: string | Uint8Array): Promise<boolean>;
  /** Sends a ping of up to 125 bytes. Silence is watched for anyway. */
  ping(payload?: Uint8Array): void;
  /**
   * Says goodbye; resolves when the connection is closed. Messages that were sent before go out first.
   *
   * @throws RangeError for a code that may not be sent (RFC 6455 7.4).
   */
  close(code?: number, reason?: string): Promise<CloseStatus>;
}

/** Makes what the handler gets of what arrived. @throws HttpError when it cannot. */
export type Decode<Message> = (message: string | Uint8Array) => Message | Promise<Message>;

const SENT: Promise<boolean> = Promise.resolve(true);
const NOT_SENT: Promise<boolean> = Promise.resolve(false);
const EMPTY = new Uint8Array(0);

/** Moves bytes between a flow and its machine, and messages between the machine and a handler. */
export class ServerSocket<Message = string | Uint8Array> implements WebSocket<Message>, Upgraded {
  readonly protocol: string;
  readonly #limits: WebSocketLimits;
  readonly #handle: () => unknown;
  readonly #decode: Decode<Message> | undefined;
  readonly #machine: WebSocketMachine;
  #flow: Flow | undefined = undefined;
  #now = 0;

  // Messages that the handler has not asked for yet.
  readonly #inbox = new Queue<string | Uint8Array>();
  #inboxBytes = 0;
  readonly #receivers: ((message: string | Uint8Array | undefined) => void)[] = [];
  #taken: (() => void) | undefined = undefined;
  #listening = true;

  // What the flow had no room for: a frame that is partly gone, and frames behind it.
  #current: Uint8Array | undefined = undefined;
  #currentAt = 0;
  #currentCounts = false;
  readonly #outbox = new Queue<Uint8Array>();
  buffered = 0;
  #pumping = false;
  #stalledSince = 0;
  readonly #senders: ((sent: boolean) => void)[] = [];

  #abort: AbortController | undefined = undefined;
  readonly #closers: ((status: CloseStatus) => void)[] = [];
  readonly #leaving: (() => void)[] = [];

  constructor(protocol: string, limits: WebSocketLimits, handle: () => unknown, decode?: Decode<Message>) {
    this.protocol = protocol;
    this.#limits = limits;
    this.#handle = handle;
    this.#decode = decode;
    this.#machine = new WebSocketMachine(limits);
  }

  get state(): State {
    return this.#machine.state;
  }

  get status(): CloseStatus | undefined {
    return this.#machine.status;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.status !== undefined && !this.#abort.signal.aborted) this.#abort.abort(ended());
    return this.#abort.signal;
  }

  receive(): Promise<Message | undefined> {
    const received = this.#received();
    return this.#decode === undefined ? (received as Promise<Message | undefined>) : this.#decoded(received);
  }

  /** A message that is not what was agreed on ends the connection with 1007. */
  async #decoded(received: Promise<string | Uint8Array | undefined>): Promise<Message | undefined> {
    const message = await received;
    if (message === undefined) return undefined;
    try {
      return await this.#decode!(message);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      void this.close(INVALID_DATA, error.message.replaceAll("\n", " "));
      return undefined;
    }
  }

  #received(): Promise<string | Uint8Array | undefined> {
    const message = this.#inbox.shift();
    if (message !== undefined) {
      this.#inboxBytes -= message.length;
      if (this.#taken !== undefined && !this.#full) this.#readOn();
      return Promise.resolve(message);
    }
    if (this.status !== undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#receivers.push(resolve));
  }

  /** Leaving the loop does not close: the handler may go on sending. */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    return {
      next: async () => {
        const value = (await this.receive()) as Message | undefined;
        return value === undefined ? { done: true, value: undefined } : { done: false, value };
      },
    };
  }

  send(message: string | Uint8Array): Promise<boolean> {
    if (this.state !== "open") return NOT_SENT;
    const { buffer, length } = buildFrame(message);
    const rest = this.take(buffer, length);
    if (rest === 0) return this.state === "open" ? SENT : NOT_SENT;
    this.keep(buffer.slice(length - rest, length), rest < length);
    if (this.state !== "open") return NOT_SENT;
    return this.#pumping ? new Promise((resolve) => this.#senders.push(resolve)) : SENT;
  }

  ping(payload: Uint8Array = EMPTY): void {
    this.#machine.ping(payload);
    this.#flush();
  }

  close(code: number = NORMAL, reason = ""): Promise<CloseStatus> {
    this.#machine.close(this.#now, code, reason);
    this.#flush();
    // Messages are dropped from here on, so that the peer's answer is seen.
    this.#readOn();
    const { status } = this;
    if (status !== undefined) return Promise.resolve(status);
    return new Promise((resolve) => this.#closers.push(resolve));
  }

  /** Called once when the connection ends. */
  onEnd(leave: () => void): void {
    this.#leaving.push(leave);
  }

  /** For frames that were built by others: gives the flow what it takes now, and returns how many bytes it did not. */
  take(frame: Uint8Array, length: number): number {
    const flow = this.#flow;
    if (flow === undefined || this.#pumping || this.#current !== undefined || this.#outbox.length > 0) return length;
    try {
      return length - flow.writeFrom(frame, 0, length);
    } catch (error) {
      this.#broke(error);
      return 0;
    }
  }

  /** Whether too many frames wait: many small ones cost more than their bytes. */
  get crowded(): boolean {
    return this.#outbox.length >= MAX_FRAMES;
  }

  /** What `take` did not take: of a frame that was begun, or a whole one. Never write to it. */
  keep(rest: Uint8Array, begun: boolean): void {
    if (this.state !== "open") return;
    if (this.buffered > this.#limits.maxBuffered || this.crowded) {
      // Whoever does not wait for `send` must not fill the memory.
      this.#machine.close(this.#now, TRY_AGAIN_LATER, "too slow");
      this.#flush();
      return;
    }
    this.buffered += rest.length;
    if (begun) {
      this.#current = rest;
      this.#currentAt = 0;
      this.#currentCounts = true;
    } else {
      this.#outbox.push(rest);
    }
    void this.#pump();
  }

  // --- the connection ------------------------------------------------------------------------------------------------------

  /** Resolves when nothing is left to read or to send; the connection is closed then. Rejects with the flow's errors. */
  async run(flow: Flow, window: Uint8Array, now: number): Promise<void> {
    this.#flow = flow;
    this.#now = now;
    this.#machine.begin(now);
    void this.#serve();
    this.#flush();
    try {
      while (!this.#machine.done) {
        if (this.#full) {
          this.#listening = false;
          await new Promise<void>((resolve) => (this.#taken = resolve));
          this.#listening = true;
          continue;
        }
        const length = flow.readInto(window, 0);
        if (length === 0) await flow.whenReadable();
        else if (length < 0) break;
        else this.#receive(window, length);
      }
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#end();
    if (this.#drained()) return;
    // What a peer that takes nothing is cut off by, too.
    if (!this.#pumping) this.#stalledSince = this.#now;
    this.#pumping = true;
    do await flow.whenWritable();
    while (!this.#drained());
  }

  tick(now: number, stallTicks: number): void {
    this.#now = now;
    const due = this.#machine.tick(now, this.#listening);
    if (due === FRAMES_DUE) this.#flush();
    if (due === LOST || (this.#pumping && now - this.#stalledSince > stallTicks)) this.abort();
  }

  /** The server stops. */
  stop(): void {
    void this.close(GOING_AWAY, "");
  }

  /** Ends the connection at once. */
  abort(): void {
    this.#flow?.abort();
    this.#end();
  }

  async #serve(): Promise<void> {
    try {
      await this.#handle();
      if (this.state === "open") void this.close();
    } catch (error) {
      logFailure("A WebSocket's handler failed", error);
      if (this.state === "open") void this.close(INTERNAL_ERROR);
    }
    // Nobody receives any more: what still arrives must not hold up the goodbye.
    this.#inbox.clear();
    this.#inboxBytes = 0;
    this.#readOn();
  }

  #readOn(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  get #full(): boolean {
    if (this.state !== "open") return false;
    return this.#inboxBytes >= this.#limits.maxQueued || this.#inbox.length >= MAX_MESSAGES;
  }

  /** Everything that was read: machines hold no input, and a window is everybody's. */
  #receive(window: Uint8Array, end: number): void {
    const machine = this.#machine;
    let at = 0;
    while (machine.process(this.#now, window, at, end) === RECEIVED) {
      at = machine.parser.next;
      const { message } = machine.parser;
      const receiver = this.#receivers.shift();
      if (receiver !== undefined) {
        receiver(message);
        continue;
      }
      this.#inbox.push(message);
      this.#inboxBytes += message.length;
    }
    if (!machine.done) this.#flush();
  }

  /** Sends what is due, as far as the flow takes it now. */
  #flush(): void {
    if (this.#flow === undefined || this.#pumping) return;
    try {
      if (!this.#drained()) void this.#pump();
    } catch (error) {
      this.#broke(error);
    }
  }

  /** Gives the flow what it takes; true when nothing is left. Throws what the flow throws. */
  #drained(): boolean {
    const flow = this.#flow!;
    const outbox = this.#outbox;
    for (;;) {
      let current = this.#current;
      if (current === undefined) {
        current = this.#machine.nextFrame(outbox.length > 0);
        this.#currentCounts = current === undefined;
        current ??= outbox.shift();
        if (current === undefined) return true;
        this.#current = current;
        this.#currentAt = 0;
      }
      const left = current.length - this.#currentAt;
      const taken = flow.writeFrom(current, this.#currentAt, left);
      if (taken > 0) this.#stalledSince = this.#now;
      this.#currentAt += taken;
      if (this.#currentCounts) this.buffered -= taken;
      if (taken < left) return false;
      this.#current = undefined;
    }
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#stalledSince = this.#now;
    try {
      while (!this.#drained()) await this.#flow!.whenWritable();
      this.#pumping = false;
      for (const sent of this.#senders.splice(0)) sent(true);
    } catch (error) {
      this.#pumping = false;
      this.#broke(error);
    }
  }

  /** The flow is gone: `run` is told the same when it reads. */
  #broke(error: unknown): void {
    if (!(error instanceof SoloistError)) logFailure("A WebSocket failed", error);
    this.#flow?.abort();
    this.#end();
  }

  /** Everybody who waits is told. Once. */
  #end(): void {
    const machine = this.#machine;
    machine.lost();
    const status = machine.status!;
    // Messages that were not begun stay unsent: the peer has said that it reads no more, or broke the rules.
    this.#outbox.clear();
    this.buffered = 0;
    this.#currentCounts = false;
    this.#readOn();
    for (const receiver of this.#receivers.splice(0)) receiver(undefined);
    for (const sent of this.#senders.splice(0)) sent(false);
    for (const close of this.#closers.splice(0)) close(status);
    for (const leave of this.#leaving.splice(0)) leave();
    const abort = this.#abort;
    if (abort !== undefined && !abort.signal.aborted) abort.abort(ended());
  }
}

/** Messages that wait for a handler: many small ones cost more than their bytes. */
const MAX_MESSAGES = 256;
/** Frames that wait for the network. */
const MAX_FRAMES = 4096;

function ended(): SoloistError {
  return new SoloistError("ECONNRESET", "The WebSocket is closed");
}

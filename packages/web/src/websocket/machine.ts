import { bytes, utf8 } from "../bytes.ts";
import { CLOSE, controlFrame, MAX_CONTROL, PING, PONG } from "./frame.ts";
import {
  ABNORMAL,
  CLOSED,
  DEFAULT_FRAME_LIMITS,
  FAILED,
  type FrameLimits,
  FrameParser,
  isCloseCode,
  MESSAGE,
  MORE,
  NO_STATUS,
  PINGED,
  PONGED,
} from "./parser.ts";

export type State = "open" | "closing" | "closed";

/** What `process` stopped at. */
export const NEED_MORE = 0;
/** A whole message: see `parser.message`. */
export const RECEIVED = 1;
/** No more is read. What is left of `nextFrame` is sent, then the connection ends. */
export const DONE = 2;
export type MachineEvent = typeof NEED_MORE | typeof RECEIVED | typeof DONE;

/** What a tick asks for. */
export const NOTHING_DUE = 0;
/** Frames became due: see `nextFrame`. */
export const FRAMES_DUE = 1;
/** The peer is gone, or takes too long over its goodbye. */
export const LOST = 2;

export interface MachineOptions extends FrameLimits {
  /** Ticks of silence after which a ping is sent, and after as many more without any byte the peer counts as lost. */
  readonly pingTicks: number;
  /** Ticks that the peer has to answer a close. */
  readonly closeTicks: number;
}

export const DEFAULT_MACHINE: MachineOptions = { ...DEFAULT_FRAME_LIMITS, pingTicks: 30, closeTicks: 5 };

export interface CloseStatus {
  /** What the peer sent; 1005 when it sent none, 1006 when the connection was lost, or why it was ended: 1002, 1007, 1009. */
  readonly code: number;
  readonly reason: string;
  /** Whether both sides said goodbye. */
  readonly clean: boolean;
}

/**
 * The server's end of a WebSocket (RFC 6455): bytes in, messages out; and which control frames are due. It holds no
 * messages, waits for nothing, and counts time in ticks that its caller brings.
 */
export class WebSocketMachine {
  readonly parser: FrameParser;
  state: State = "open";
  /** Set once `state` is "closed". */
  status: CloseStatus | undefined = undefined;

  readonly #options: MachineOptions;
  /** A pong and a ping that are due; RFC 6455 5.5.3: only the latest ping need be answered. */
  #pong: Uint8Array | undefined = undefined;
  #ping: Uint8Array | undefined = undefined;
  #close: Uint8Array | undefined = undefined;
  #closeSent = false;
  #done = false;
  #heardAt = 0;
  #pinged = false;
  #closingSince = 0;

  constructor(options: MachineOptions = DEFAULT_MACHINE) {
    this.#options = options;
    this.parser = new FrameParser(options);
  }

  /** The connection is there. */
  begin(now: number): void {
    this.#heardAt = now;
    this.#closingSince = now;
  }

  /** Whether nothing is read any more. */
  get done(): boolean {
    return this.#done;
  }

  /** Reads `[start, end)` of `window` up to the next message; `parser.next` is where to go on. */
  process(now: number, window: Uint8Array, start: number, end: number): MachineEvent {
    const parser = this.parser;
    this.#heardAt = now;
    this.#pinged = false;
    let at = start;
    for (;;) {
      if (this.#done) return DONE;
      const event = parser.parse(window, at, end);
      at = parser.next;
      switch (event) {
        case MORE:
          return NEED_MORE;
        case MESSAGE:
          // RFC 6455 5.5.1: what still arrives behind our close belongs to nobody.
          if (this.state === "open") return RECEIVED;
          break;
        case PINGED:
          if (this.state === "open") this.#pong = controlFrame(PONG, parser.payload);
          break;
        case PONGED:
          break;
        case CLOSED:
          this.#answerClose();
          return DONE;
        case FAILED:
          this.#closeWith(parser.code, parser.reason);
          this.#finish(parser.code, parser.reason, false);
          return DONE;
      }
    }
  }

  /** Begins to close: one frame is due, and the peer's answer awaited. @throws RangeError for a code that may not be sent. */
  close(now: number, code: number, reason: string): void {
    if (!isCloseCode(code)) throw new RangeError(`${code} is not a close code that may be sent`);
    if (this.state !== "open") return;
    this.#closeWith(code, reason);
    this.state = "closing";
    this.#closingSince = now;
  }

  /** A ping is due. @throws RangeError for more than 125 bytes. */
  ping(payload: Uint8Array): void {
    if (this.state === "open") this.#ping = controlFrame(PING, payload);
  }

  /** The connection is gone. */
  lost(): void {
    this.#finish(ABNORMAL, "", false);
  }

  /** The next control frame to send, between two frames of messages; a close comes last, when no message waits. */
  nextFrame(messagesWait: boolean): Uint8Array | undefined {
    let frame = this.#pong;
    this.#pong = undefined;
    if (frame !== undefined) return frame;
    frame = this.#ping;
    this.#ping = undefined;
    if (frame !== undefined || messagesWait) return frame;
    frame = this.#close;
    this.#close = undefined;
    return frame;
  }

  /** Time passes. `listening`: whether the caller reads what the peer sends; else silence proves nothing. */
  tick(now: number, listening: boolean): typeof NOTHING_DUE | typeof FRAMES_DUE | typeof LOST {
    if (this.#done) return NOTHING_DUE;
    if (this.state === "closing") return now - this.#closingSince > this.#options.closeTicks ? LOST : NOTHING_DUE;
    if (!listening) {
      this.#heardAt = now;
      return NOTHING_DUE;
    }
    const silent = now - this.#heardAt;
    if (silent < this.#options.pingTicks) return NOTHING_DUE;
    if (this.#pinged) return silent >= 2 * this.#options.pingTicks ? LOST : NOTHING_DUE;
    this.#pinged = true;
    this.#ping = controlFrame(PING, new Uint8Array(0));
    return FRAMES_DUE;
  }

  #answerClose(): void {
    const { code, reason } = this.parser;
    // RFC 6455 5.5.1: the answer typically echoes the code; 1005 stands for none.
    if (!this.#closeSent) this.#closeWith(code === NO_STATUS ? undefined : code, "");
    this.#finish(code, reason, true);
  }

  #closeWith(code: number | undefined, reason: string): void {
    if (this.#closeSent) return;
    this.#closeSent = true;
    this.#ping = undefined;
    this.#close = controlFrame(CLOSE, code === undefined ? new Uint8Array(0) : closePayload(code, reason));
  }

  #finish(code: number, reason: string, clean: boolean): void {
    this.#done = true;
    this.#pong = undefined;
    this.#ping = undefined;
    if (this.state === "closed") return;
    this.state = "closed";
    this.status = { code, reason, clean };
  }
}

/** Code and reason, which is cut at a character's end where it would be too long. */
function closePayload(code: number, reason: string): Uint8Array {
  let text = utf8(reason);
  if (text.length > MAX_CONTROL - 2) {
    let end = MAX_CONTROL - 2;
    while (end > 0 && (text[end]! & 0xc0) === 0x80) end--;
    text = text.slice(0, end);
  }
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >>> 8;
  payload[1] = code & 0xff;
  bytes.copy(payload, 2, text, 0, text.length);
  return payload;
}

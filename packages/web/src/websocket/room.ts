import { buildFrame } from "./frame.ts";
import { TRY_AGAIN_LATER } from "./parser.ts";
import { ServerSocket, type WebSocket } from "./socket.ts";

export interface RoomOptions {
  /** Bytes that may wait for a member whose network is slow. Default 64 KiB. */
  readonly maxBuffered?: number;
  /** What happens to a member with more: its connection is closed with 1013 (the default), or it misses messages. */
  readonly slow?: "close" | "miss";
}

/**
 * Sockets that are spoken to together. A member leaves by itself when its connection ends.
 *
 * @example
 * const room = createRoom();
 * app.get("/chat", webSocket(async (socket) => {
 *   room.join(socket);
 *   for await (const message of socket) room.send(message, socket);
 * }));
 */
export interface Room extends Iterable<WebSocket<unknown>> {
  readonly size: number;
  join(socket: WebSocket<unknown>): void;
  leave(socket: WebSocket<unknown>): void;
  /** Sends to all members but `except`; returns how many that are. Slow members do not hold it up. */
  send(message: string | Uint8Array, except?: WebSocket<unknown>): number;
}

class SocketRoom implements Room {
  readonly #members = new Set<ServerSocket<unknown>>();
  readonly #maxBuffered: number;
  readonly #closes: boolean;

  constructor({ maxBuffered = 64 * 1024, slow = "close" }: RoomOptions) {
    this.#maxBuffered = maxBuffered;
    this.#closes = slow === "close";
  }

  get size(): number {
    return this.#members.size;
  }

  join(socket: WebSocket<unknown>): void {
    if (!(socket instanceof ServerSocket)) throw new TypeError("Only a socket of webSocket() can join a room");
    if (this.#members.has(socket) || socket.state === "closed") return;
    this.#members.add(socket);
    socket.onEnd(() => this.#members.delete(socket));
  }

  leave(socket: WebSocket<unknown>): void {
    this.#members.delete(socket as ServerSocket<unknown>);
  }

  send(message: string | Uint8Array, except?: WebSocket<unknown>): number {
    if (this.#members.size === 0) return 0;
    // One frame for all; where a network is slow, one copy for all.
    const { buffer, length } = buildFrame(message);
    let copy: Uint8Array | undefined;
    let sent = 0;
    for (const member of this.#members) {
      if (member === except || member.state !== "open") continue;
      const rest = member.take(buffer, length);
      if (rest > 0) {
        if (rest === length && (member.crowded || member.buffered + length > this.#maxBuffered)) {
          if (this.#closes) void member.close(TRY_AGAIN_LATER, "too slow");
          continue;
        }
        copy ??= buffer.slice(0, length);
        member.keep(copy.subarray(length - rest), rest < length);
      }
      sent++;
    }
    return sent;
  }

  [Symbol.iterator](): Iterator<WebSocket<unknown>> {
    return this.#members.values();
  }
}

/** A new, empty {@link Room}. */
export function createRoom(options: RoomOptions = {}): Room {
  return new SocketRoom(options);
}

import { sha1 } from "@noble/hashes/legacy.js";
import { utf8 } from "../bytes.ts";
import type { Context, Handler } from "../context.ts";
import { decodeJson } from "../fetch/body.ts";
import type { Request } from "../fetch/request.ts";
import { Response } from "../fetch/response.ts";
import { isCrossSite } from "../middleware/guards.ts";
import { type StandardSchema, validate } from "../schema.ts";
import { UpgradeResponse } from "../upgrade.ts";
import { DEFAULT_MACHINE, type MachineOptions } from "./machine.ts";
import { type Decode, ServerSocket, type WebSocket } from "./socket.ts";

export interface WebSocketLimits extends MachineOptions {
  /** Bytes of received messages that wait for the handler; the client is not read from above it. */
  readonly maxQueued: number;
  /** Bytes that may wait for a slow client while nobody awaits `send`; the connection is closed with 1013 above it. */
  readonly maxBuffered: number;
}

export interface WebSocketOptions<Message = string | Uint8Array> {
  /**
   * What a message is, as a Standard Schema (zod, valibot, arktype): messages are JSON then, and typed. One that is not as it
   * should be ends the connection with 1007.
   */
  readonly messages?: StandardSchema<Message>;
  /** Subprotocols that the handler speaks, the best one first (RFC 6455 1.9). A client that offers none of them gets none. */
  readonly protocols?: readonly string[];
  /**
   * Pages that may connect: those of the site itself (the default), of these origins too (`"https://example.com"`), or as a
   * function says. Programs that are no browsers send no Origin, and may.
   */
  readonly origins?: readonly string[] | ((origin: string) => boolean);
  /** Bytes of a message; 1009 above it. Default 1 MiB. */
  readonly maxMessage?: number;
  /** Bytes of a frame; 1009 above it. Default `maxMessage`. */
  readonly maxFrame?: number;
  /** Bytes of received messages that wait for the handler before the client has to. Default 64 KiB. */
  readonly maxQueued?: number;
  /** Bytes that may wait for a slow client when sends are not awaited; 1013 above it. Default 1 MiB. */
  readonly maxBuffered?: number;
  /** Seconds of silence before a ping; as many again without an answer end the connection. Default 30. */
  readonly pingInterval?: number;
  /** Seconds that the client has to answer a close. Default 5. */
  readonly closeTimeout?: number;
}

/** RFC 6455 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** 16 bytes as base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/**
 * A handler that speaks WebSocket (RFC 6455) on its route. The connection is closed with 1000 when `speak` returns, with 1011
 * when it throws; it ends with 1001 when the server stops.
 *
 * @example
 * app.get("/echo/:name", webSocket(async (socket, { params }) => {
 *   await socket.send(`Hello ${params.name}`);
 *   for await (const message of socket) await socket.send(message);
 * }));
 */
export function webSocket<Params = Readonly<Record<string, string>>, Message = string | Uint8Array>(
  speak: (socket: WebSocket<Message>, context: Context<Params>) => unknown,
  options: WebSocketOptions<Message> = {},
): Handler<Params> {
  const maxMessage = options.maxMessage ?? DEFAULT_MACHINE.maxMessage;
  const limits: WebSocketLimits = {
    maxMessage,
    maxFrame: options.maxFrame ?? maxMessage,
    maxQueued: options.maxQueued ?? 64 * 1024,
    maxBuffered: options.maxBuffered ?? 1024 * 1024,
    pingTicks: Math.max(1, Math.ceil(options.pingInterval ?? DEFAULT_MACHINE.pingTicks)),
    closeTicks: Math.max(1, Math.ceil(options.closeTimeout ?? DEFAULT_MACHINE.closeTicks)),
  };
  const { messages } = options;
  const decode: Decode<Message> | undefined =
    messages === undefined ? undefined : (message) => validate(messages, parseJson(message), "message");
  return (context) => {
    const { request } = context;
    const refused = refusal(request, options.origins);
    if (refused !== undefined) return refused;
    const protocol = chooseProtocol(request.headers.get("sec-websocket-protocol"), options.protocols ?? []);
    const headers: Record<string, string> = {
      "sec-websocket-accept": acceptKey(request.headers.get("sec-websocket-key")!),
    };
    if (protocol !== "") headers["sec-websocket-protocol"] = protocol;
    const socket: ServerSocket<Message> = new ServerSocket(protocol, limits, () => speak(socket, context), decode);
    return new UpgradeResponse("websocket", socket, headers);
  };
}

/** The value of Sec-WebSocket-Accept for a key (RFC 6455 4.2.2). */
export function acceptKey(key: string): string {
  return btoa(String.fromCharCode(...sha1(utf8(key + GUID))));
}

/** Nesting is bounded, as in requests. */
function parseJson(message: string | Uint8Array): unknown {
  return decodeJson(typeof message === "string" ? utf8(message) : message);
}

/** RFC 6455 4.2.1, and who may connect (10.2). */
function refusal(request: Request, origins: WebSocketOptions["origins"]): Response | undefined {
  const { headers } = request;
  if (!/(^|,)\s*websocket\s*(,|$)/i.test(headers.get("upgrade") ?? "")) {
    return answer(426, "This resource speaks WebSocket\n", { upgrade: "websocket", connection: "upgrade" });
  }
  if (headers.get("sec-websocket-version") !== "13") {
    return answer(426, "This server speaks version 13 of WebSocket\n", { "sec-websocket-version": "13" });
  }
  if (request.method !== "GET" || !/(^|,)\s*upgrade\s*(,|$)/i.test(headers.get("connection") ?? "")) {
    return answer(400, "This is no handshake of WebSocket\n");
  }
  if (!KEY.test(headers.get("sec-websocket-key") ?? "")) return answer(400, "Sec-WebSocket-Key is no key\n");
  return mayConnect(headers, origins) ? undefined : answer(403, "Pages of that site may not connect\n");
}

function mayConnect(headers: Request["headers"], origins: WebSocketOptions["origins"]): boolean {
  const origin = headers.get("origin");
  if (origin === null) return true;
  if (typeof origins === "function") return origins(origin);
  return origins?.includes(origin) === true || !isCrossSite(headers);
}

function answer(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}

function chooseProtocol(offered: string | null, spoken: readonly string[]): string {
  if (offered === null || spoken.length === 0) return "";
  const offers = offered.split(",").map((offer) => offer.trim());
  return spoken.find((protocol) => offers.includes(protocol)) ?? "";
}

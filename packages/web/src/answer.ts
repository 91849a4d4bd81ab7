import type { HandlerResult } from "./context.ts";
import { Headers } from "./fetch/headers.ts";
import { knownResponse, Response } from "./fetch/response.ts";
import { Html, HtmlStream } from "./html.ts";
import { CONTENT_TYPES, HTML, JSON_TEXT, TEXT } from "./http/response-heads.ts";
import { HttpError } from "./http-error.ts";
import { logFailure } from "./log.ts";

/** What a handler returned, as a Response. */
export function toResponse(result: HandlerResult): Response {
  if (result instanceof Response) return result;
  if (typeof result === "string") return knownResponse(200, result, CONTENT_TYPES[TEXT]);
  if (result === undefined) return new Response(null, { status: 204 });
  if (result instanceof Html) {
    return knownResponse(200, result.toString(), CONTENT_TYPES[HTML]);
  }
  if (result instanceof HtmlStream) return knownResponse(200, result, CONTENT_TYPES[HTML]);
  if (result instanceof Uint8Array) return knownResponse(200, result, "application/octet-stream");
  if (isForeignResponse(result)) return adoptResponse(result);
  return knownResponse(200, JSON.stringify(result) ?? null, CONTENT_TYPES[JSON_TEXT]);
}

/** The answer to a request whose handler threw. Only an {@link HttpError} tells the client why; others are logged. */
export function failureOf(error: unknown): Response {
  if (error instanceof HttpError) return textResponse(error.status, `${error.message}\n`);
  logFailure("A handler failed", error);
  return textResponse(500, "Internal Server Error\n");
}

/** An object literal or an array: JSON for certain. */
export function isPlain(result: HandlerResult): boolean {
  if (typeof result !== "object" || result === null) return false;
  const prototype = Object.getPrototypeOf(result);
  return prototype === Object.prototype || prototype === Array.prototype;
}

export function isThenable(result: unknown): result is Promise<HandlerResult> {
  return typeof result === "object" && result !== null && typeof (result as { then?: unknown }).then === "function";
}

/** The Response of another realm or implementation, such as Node's. */
interface ForeignResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: { getReader(): never } | null;
}

function isForeignResponse(result: object): result is ForeignResponse {
  return (result as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === "Response" && "headers" in result;
}

function adoptResponse(foreign: ForeignResponse): Response {
  const { status, statusText, body } = foreign;
  return new Response(body, { status, statusText, headers: new Headers(foreign.headers) });
}

/** A text answer. */
export function textResponse(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": CONTENT_TYPES[TEXT] } });
}

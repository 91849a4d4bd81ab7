/**
 * HTTP/1.1 server, typed router and the Fetch standard's classes, over any {@link Listener}.
 *
 * A complete program:
 *
 * ```ts
 * import { stack } from "@soloist/net";
 * import { run } from "@soloist/runtime";
 * import { createApp, html, HttpError, Response, serve } from "@soloist/web";
 *
 * const greetings = new Map([["en", "Hello"], ["fr", "Bonjour"]]);
 *
 * const app = createApp()
 *   .get("/", () => html`<h1>Greetings</h1><p>in ${[...greetings.keys()].join(", ")}</p>`)
 *   .get("/hello/:name", ({ params, query }) => {
 *     const greeting = greetings.get(query.get("in") ?? "en");
 *     if (greeting === undefined) throw new HttpError(404, "I do not speak that");
 *     return `${greeting} ${params.name}!\n`;
 *   })
 *   .put("/greetings/:language", async ({ params, request }) => {
 *     greetings.set(params.language, await request.text());
 *     return new Response(null, { status: 201, headers: { location: `/greetings/${params.language}` } });
 *   })
 *   .get("/greetings", () => Object.fromEntries(greetings));
 *
 * run([stack({ name: "service" })], async ({ tcp }) => {
 *   await serve(tcp.listen({ port: 80 }), app);
 * });
 * ```
 */
export { App, createApp, type Declare, type FetchAnswer, type FetchApp, type StartedApp } from "./app.ts";
export { FetchError } from "./client/errors.ts";
export { createFetch, type Fetch, type FetchedResponse, type FetchInit, type FetchOptions } from "./client/fetch.ts";
export type { FetchCounters } from "./client/pool.ts";
export type { Context, Handler, HandlerResult } from "./context.ts";
export {
  type CookieOptions,
  type CookieSealer,
  parseCookies,
  sealedCookies,
  setCookie,
  signedCookies,
} from "./cookies.ts";
export { type EventStreamOptions, eventStream, type ServerEvent } from "./events.ts";
export { Blob, File } from "./fetch/blob.ts";
export { type BodyInit, type BodyStream, type BodyView, MAX_JSON_DEPTH } from "./fetch/body.ts";
export { CompressionStream, DecompressionStream } from "./fetch/compression-stream.ts";
export { FormData, type FormDataEntryValue } from "./fetch/form-data.ts";
export { Headers, type HeadersInit } from "./fetch/headers.ts";
export { type Part, parseParts } from "./fetch/multipart.ts";
export { Request, type RequestInit } from "./fetch/request.ts";
export { Response, type ResponseInit } from "./fetch/response.ts";
export { withTrailers } from "./fetch/trailers.ts";
export {
  escapeHtml,
  Html,
  HtmlStream,
  type HtmlStreamValue,
  type HtmlValue,
  html,
  htmlStream,
  unsafeHtml,
} from "./html.ts";
export { DEFAULT_LIMITS, type Limits } from "./http/limits.ts";
export { HttpError } from "./http-error.ts";
export { metrics } from "./metrics.ts";
export { type CompressOptions, compress } from "./middleware/compress.ts";
export { etag } from "./middleware/etag.ts";
export {
  basicAuth,
  bearerAuth,
  bodyLimit,
  clientOf,
  csrf,
  equalSecrets,
  isCrossSite,
  type RateLimitOptions,
  rateLimit,
  timeout,
} from "./middleware/guards.ts";
export { type CorsOptions, cacheControl, cors, type SecureHeaders, secureHeaders } from "./middleware/headers.ts";
export { type JwtClaims, type JwtOptions, jwtVerifier } from "./middleware/jwt.ts";
export { eddsaVerifier } from "./middleware/jwt-eddsa.ts";
export { type LoggerOptions, logger, methodOverride, requestId } from "./middleware/observe.ts";
export { cookieSessions, memorySessions, type SessionOptions, type Sessions } from "./middleware/sessions.ts";
export type { Middleware, MiddlewareContext, Next } from "./onion.ts";
export { Query } from "./query.ts";
export type { PathParams } from "./router/pattern.ts";
export { url } from "./router/url.ts";
export { readBody, readQuery, type StandardSchema } from "./schema.ts";
export { createCounters, type OptionsFor, type ServeCounters, type ServeOptions, serve } from "./serve.ts";
export type { RouteShape, ShapedContext, ShapedHandler } from "./shape.ts";
export {
  assetUrl,
  type StaticFile,
  type StaticFiles,
  type StaticOptions,
  type StaticVariant,
  staticFiles,
} from "./static.ts";
export { httpStatus } from "./status/http-status.ts";
export { status } from "./status/status.ts";
export { upgrade } from "./upgrade.ts";
export type { CloseStatus } from "./websocket/machine.ts";
export { createRoom, type Room, type RoomOptions } from "./websocket/room.ts";
export type { WebSocket } from "./websocket/socket.ts";
export { type WebSocketOptions, webSocket } from "./websocket/websocket.ts";

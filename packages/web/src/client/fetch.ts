import type { Connector } from "@soloist/interface";
import { bytes, useBytes, utf8 } from "../bytes.ts";
import type { BodyStream, Content } from "../fetch/body.ts";
import { type Headers, headerList, headersOf } from "../fetch/headers.ts";
import { Request, type RequestInit } from "../fetch/request.ts";
import { Response } from "../fetch/response.ts";
import { TRAILERS, type TrailedStream, trailersOf } from "../fetch/trailers.ts";
import { DEFAULT_LIMITS } from "../http/limits.ts";
import type { ClientConnection } from "./connection.ts";
import { CODINGS, decoded } from "./decode.ts";
import { FetchError, fetchError } from "./errors.ts";
import { type FetchCounters, Pool } from "./pool.ts";
import { follow, isReplayable, type Journey, MAX_REDIRECTS, redirects } from "./redirect.ts";

export interface FetchOptions {
  /** Connections to a host at a time; further requests wait. Default 8. */
  readonly maxConnections?: number;
  /** Idle connections to a host that are kept. Default 4. */
  readonly maxIdle?: number;
  /** Seconds that an idle connection is kept. Default 30. */
  readonly idleTimeout?: number;
  /** Seconds for a connection to be opened. Default 10. */
  readonly connectTimeout?: number;
  /** Seconds without a byte from a server that is waited for, or without room for one to it. Default 60. */
  readonly stallTimeout?: number;
  /** Bytes of a response's header section. Default 16 KiB. */
  readonly maxHeaderBytes?: number;
  /** Field lines of it. Default 100. */
  readonly maxHeaders?: number;
  /** Value of the User-Agent field. Default `soloist`. */
  readonly userAgent?: string;
}

export interface FetchInit extends RequestInit {
  /** What becomes of a redirection: followed (the default), handed to the caller, or an error. */
  redirect?: "follow" | "manual" | "error";
}

/** The Fetch standard's function, for one network stack. */
export interface Fetch {
  (input: string | Request | { toString(): string }, init?: FetchInit): Promise<FetchedResponse>;
  readonly counters: Readonly<FetchCounters>;
  /** Closes idle connections. */
  close(): void;
}

/** Methods of which a second attempt does no harm (RFC 9110 9.2.2). */
const IDEMPOTENT = /^(GET|HEAD|OPTIONS|PUT|DELETE|TRACE)$/;
/** What the client itself decides (RFC 9112 6, 9). */
const OWN_FIELDS = /^(connection|keep-alive|host|content-length|transfer-encoding|upgrade|expect|trailer)$/;
/** A body up to this size goes out with its head, in one piece. */
const TOGETHER = 16 * 1024;
const DISCARD_LIMIT = 16 * 1024;
const LAST_CHUNK = utf8("0\r\n\r\n");

/**
 * Makes the `fetch` of a network stack. Not a global: an image may have several stacks or none, and the top level of its
 * modules is evaluated when it is built, where no network is. `globalThis.fetch = createFetch(tcp)` serves libraries that
 * look for one.
 *
 * @example
 * run([stack({ name: "service" })], async ({ tcp }) => {
 *   const fetch = createFetch(tcp);
 *   const response = await fetch("http://example.com/", { signal: AbortSignal.timeout(5000) });
 *   console.log(response.status, await response.text());
 * });
 */
export function createFetch(connector: Connector, options: FetchOptions = {}): Fetch {
  if (connector.bytes !== undefined) useBytes(connector.bytes);
  const client = new Client(connector, options);
  const fetch = (input: string | Request | { toString(): string }, init?: FetchInit) => client.fetch(input, init);
  return Object.assign(fetch, { counters: client.pool.counters, close: () => client.pool.close() });
}

class Client {
  readonly pool: Pool;
  readonly #userAgent: string;

  constructor(connector: Connector, options: FetchOptions) {
    this.#userAgent = options.userAgent ?? "soloist";
    this.pool = new Pool(connector, {
      limits: {
        ...DEFAULT_LIMITS,
        maxBody: Number.POSITIVE_INFINITY,
        maxHeaderBytes: options.maxHeaderBytes ?? DEFAULT_LIMITS.maxHeaderBytes,
        maxHeaders: options.maxHeaders ?? DEFAULT_LIMITS.maxHeaders,
      },
      maxConnections: options.maxConnections ?? 8,
      maxIdle: options.maxIdle ?? 4,
      idleTicks: Math.max(1, Math.ceil(options.idleTimeout ?? 30)),
      stallTicks: Math.max(1, Math.ceil(options.stallTimeout ?? 60)),
      connectTimeout: options.connectTimeout ?? 10,
    });
  }

  async fetch(input: string | Request | { toString(): string }, init: FetchInit = {}): Promise<FetchedResponse> {
    const request = new Request(input, init);
    const signal = init.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    const mode = init.redirect ?? "follow";
    const { body } = request;
    const journey: Journey = {
      url: parseUrl(request.url),
      method: request.method,
      headers: request.headers,
      content: body === null ? null : body.take(),
    };
    for (let redirected = 0; ; redirected++) {
      const response = await this.#send(journey, signal, redirected > 0);
      const location = redirects(response.status) ? response.headers.get("location") : null;
      if (location === null || mode === "manual") return response;
      await discard(response);
      if (mode === "error") throw new FetchError("ERR_REDIRECT", `${journey.url.href} redirects to ${location}`);
      if (redirected === MAX_REDIRECTS) {
        throw new FetchError("ERR_REDIRECT", `${request.url} redirects more than ${MAX_REDIRECTS} times`);
      }
      follow(journey, response.status, location);
      assertUrl(journey.url);
      this.pool.counters.redirects++;
    }
  }

  /** One request and its response, with a second attempt where the first met a connection that was just closed. */
  async #send(journey: Journey, signal: AbortSignal | undefined, redirected: boolean): Promise<FetchedResponse> {
    const { url, method, content } = journey;
    const mayRepeat = IDEMPOTENT.test(method) && isReplayable(content);
    const [host, port] = hostOf(url);
    for (let attempt = 0; ; attempt++) {
      const connection = await this.pool.acquire(host, port, signal, attempt === 0).catch((error) => {
        throw signal?.aborted ? signal.reason : fetchError(error, url.href);
      });
      const onAbort = () => connection.abort(signal!.reason);
      signal?.addEventListener("abort", onAbort);
      const done = () => {
        signal?.removeEventListener("abort", onAbort);
        this.pool.release(host, port, connection);
      };
      try {
        if (signal?.aborted) throw signal.reason;
        this.pool.counters.requests++;
        return await this.#exchange(connection, journey, signal, redirected, done);
      } catch (caught) {
        const error = connection.because(caught);
        connection.abort(error);
        done();
        if (signal?.aborted) throw signal.reason;
        // RFC 9112 9.3.1: the server may have closed it while the request was on its way.
        const stale = connection.requests > 1 && !connection.answered && attempt === 0;
        if (!stale || !mayRepeat || (error instanceof FetchError && error.code === "ERR_STALLED")) {
          throw fetchError(error, url.href);
        }
        this.pool.counters.retries++;
      }
    }
  }

  async #exchange(
    connection: ClientConnection,
    { url, method, headers, content }: Journey,
    signal: AbortSignal | undefined,
    redirected: boolean,
    done: () => void,
  ): Promise<FetchedResponse> {
    connection.begin(method);
    const body = typeof content === "string" ? utf8(content) : content;
    const head = this.#head(url, method, headers, body);
    let uploading: Promise<void> | undefined;
    if (body === null || (body instanceof Uint8Array && body.length <= TOGETHER)) {
      await connection.write(body === null || body.length === 0 ? head : joined(head, body));
      connection.finished();
    } else {
      // A server may answer before it has read everything, and close (RFC 9110 9.3): so both at once.
      uploading = upload(connection, head, body);
    }
    const { reason } = await connection.readHead();
    const { parser } = connection;
    const { status } = parser;
    const init = { status, statusText: reason, headers: headersOf(parser.headers) };
    if (!parser.hasBody || status === 204 || status === 205 || status === 304) {
      await settled(uploading, connection);
      done();
      return new FetchedResponse(null, init, url.href, redirected);
    }
    const encoding = init.headers.get("content-encoding");
    const whole = uploading === undefined ? connection.takeContent() : undefined;
    if (whole !== undefined) {
      done();
      const content: Content = encoding === null ? whole : decoded(once(whole), encoding);
      return new FetchedResponse(content, init, url.href, redirected);
    }
    const stream = new ResponseBody(connection, uploading, signal, url.href, done);
    const readable = encoding === null ? stream : decoded(stream, encoding);
    return new FetchedResponse(readable, init, url.href, redirected, stream);
  }

  #head(url: URL, method: string, headers: Headers, body: Uint8Array | BodyStream | null): Uint8Array {
    const list = headerList(headers);
    let fields = `host: ${url.host}\r\n`;
    let accept = true;
    let agent = true;
    let codings = true;
    for (let at = 0; at < list.length; at += 2) {
      const name = list[at]!;
      if (OWN_FIELDS.test(name)) continue;
      if (name === "accept") accept = false;
      else if (name === "user-agent") agent = false;
      else if (name === "accept-encoding") codings = false;
      // RFC 9110 10.1.4: TE is for the next hop only, and says so.
      else if (name === "te") fields += "connection: te\r\n";
      fields += `${name}: ${list[at + 1]}\r\n`;
    }
    if (accept) fields += "accept: */*\r\n";
    if (agent) fields += `user-agent: ${this.#userAgent}\r\n`;
    // Ranges of packed content are of no use to anybody.
    if (codings && !headers.has("range")) fields += `accept-encoding: ${CODINGS}\r\n`;
    if (body instanceof Uint8Array) fields += `content-length: ${body.length}\r\n`;
    else if (body !== null) fields += "transfer-encoding: chunked\r\n";
    else if (method === "POST" || method === "PUT" || method === "PATCH") fields += "content-length: 0\r\n";
    const text = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${fields}\r\n`;
    // Field values are one byte a character (RFC 9110 5.5).
    const head = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) head[at] = text.charCodeAt(at);
    return head;
  }
}

/** Sends a head and content of any size. Rejects only with the stream's own failure: the server's is seen where it is read. */
async function upload(connection: ClientConnection, head: Uint8Array, body: Uint8Array | BodyStream): Promise<void> {
  try {
    await connection.write(head);
    if (body instanceof Uint8Array) {
      await connection.write(body);
    } else {
      for await (const piece of source(connection, body)) {
        const data = typeof piece === "string" ? utf8(piece) : piece;
        if (!(data instanceof Uint8Array)) throw new TypeError("A body's stream holds strings and Uint8Arrays only");
        if (data.length === 0) continue;
        const line = utf8(`${data.length.toString(16)}\r\n`);
        const chunk = new Uint8Array(line.length + data.length + 2);
        chunk.set(line);
        bytes.copy(chunk, line.length, data, 0, data.length);
        chunk[chunk.length - 2] = 13;
        chunk[chunk.length - 1] = 10;
        await connection.write(chunk);
      }
      await connection.write(LAST_CHUNK);
    }
    connection.finished();
  } catch {
    // The flow's failure, which the reader meets too; a stream's failure has been given to it by `source`.
  }
}

/** The caller's stream; its failure ends the connection, for a request that is not complete must not look so. */
async function* source(connection: ClientConnection, body: BodyStream): BodyStreamGenerator {
  const iterator = body[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      let step: IteratorResult<Uint8Array | string>;
      try {
        step = await iterator.next();
      } catch (error) {
        ended = true;
        connection.abort(error);
        throw error;
      }
      if (step.done === true) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } finally {
    if (!ended) await iterator.return?.();
  }
}

type BodyStreamGenerator = AsyncGenerator<Uint8Array | string, undefined>;

/** The answer is complete: an upload that still runs is in vain. */
async function settled(uploading: Promise<void> | undefined, connection: ClientConnection): Promise<void> {
  if (uploading === undefined) return;
  // One turn, for an upload whose last bytes were taken just now.
  await Promise.race([uploading, Promise.resolve()]);
  if (!connection.sent) connection.abort();
}

/** Content that is read from the connection as it is asked for: a slow reader slows the server down. */
class ResponseBody implements TrailedStream {
  readonly #connection: ClientConnection;
  readonly #uploading: Promise<void> | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #url: string;
  readonly #done: () => void;
  #trailers: Headers | undefined = undefined;

  constructor(
    connection: ClientConnection,
    uploading: Promise<void> | undefined,
    signal: AbortSignal | undefined,
    url: string,
    done: () => void,
  ) {
    this.#connection = connection;
    this.#uploading = uploading;
    this.#signal = signal;
    this.#url = url;
    this.#done = done;
  }

  [TRAILERS](): Headers | undefined {
    return this.#trailers;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    let ended = false;
    return {
      next: async () => {
        if (ended) return { done: true, value: undefined };
        try {
          const value = await this.#connection.readContent();
          if (value !== undefined) return { done: false, value };
          ended = true;
          const { parser } = this.#connection;
          if (parser.headers.chunked) this.#trailers = headersOf(parser.trailers);
          await settled(this.#uploading, this.#connection);
          this.#done();
          return { done: true, value };
        } catch (caught) {
          ended = true;
          const error = this.#connection.because(caught);
          this.#connection.abort(error);
          this.#done();
          throw this.#signal?.aborted ? this.#signal.reason : fetchError(error, this.#url);
        }
      },
      return: async () => {
        if (!ended) {
          ended = true;
          this.#connection.abort();
          this.#done();
        }
        return { done: true, value: undefined };
      },
    };
  }
}

/** A response that came from somewhere. */
export class FetchedResponse extends Response {
  readonly #stream: TrailedStream | null;
  readonly #url: string;
  readonly #redirected: boolean;

  constructor(
    content: Content | null,
    init: { status: number; statusText: string; headers: Headers },
    url: string,
    redirected: boolean,
    stream: TrailedStream | null = null,
  ) {
    super(content, init);
    this.#stream = stream;
    const hash = url.indexOf("#");
    this.#url = hash < 0 ? url : url.slice(0, hash);
    this.#redirected = redirected;
  }

  override get url(): string {
    return this.#url;
  }

  override get redirected(): boolean {
    return this.#redirected;
  }

  /** Fields behind the content, once that was read to its end; servers send them to requests with `te: trailers`. */
  get trailers(): Headers {
    return trailersOf(this.#stream);
  }
}

/** Content of no interest: a little is read, so that the connection can go on; more is not worth it. */
async function discard(response: Response): Promise<void> {
  if (response.body === null) return;
  let length = 0;
  for await (const piece of response.body) {
    length += piece.length;
    if (length > DISCARD_LIMIT) break;
  }
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  yield content;
}

function joined(head: Uint8Array, body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  bytes.copy(whole, head.length, body, 0, body.length);
  return whole;
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new FetchError("ERR_URL", `${JSON.stringify(text)} is not a URL`);
  const url = new URL(text);
  assertUrl(url);
  return url;
}

function assertUrl(url: URL): void {
  if (url.protocol === "https:") {
    throw new FetchError(
      "ERR_TLS",
      `${url.href} needs TLS, which Soloist does not have yet: use http, or a proxy that speaks TLS`,
    );
  }
  if (url.protocol !== "http:") throw new FetchError("ERR_URL", `${url.href} is not an http URL`);
  if (url.username !== "" || url.password !== "") {
    throw new FetchError("ERR_URL", "A URL with a user or a password is not fetched: use the Authorization field");
  }
}

function hostOf(url: URL): [host: string, port: number] {
  const { hostname } = url;
  return [hostname.startsWith("[") ? hostname.slice(1, -1) : hostname, url.port === "" ? 80 : Number(url.port)];
}

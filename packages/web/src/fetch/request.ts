import type { HeaderBlock } from "../http/header-block.ts";
import { HttpError } from "../http-error.ts";
import {
  type BodyInit,
  type BodyStream,
  BodyView,
  type Content,
  contentOf,
  contentTypeOf,
  decodeJson,
  shared,
} from "./body.ts";
import { addBodyMethods, type BodyMethods, TAKE } from "./body-methods.ts";
import { carried } from "./carried.ts";
import { Headers, type HeadersInit, headersOf } from "./headers.ts";
import { trailersOf } from "./trailers.ts";
import { normalHost, normalTarget, normalUrl } from "./url.ts";

export interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit | null;
  signal?: AbortSignal | null;
}

/** Makes the signal of a request once somebody asks for it. */
export interface SignalSource {
  /** Changes with every request. */
  readonly serial: number;
  /** `serial`: that of the request that asks. */
  clientSignal(serial: number): AbortSignal;
}

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Methods that the Fetch standard spells in upper case however they were given. */
const NORMALIZED = /^(delete|get|head|options|post|put)$/i;

/** Makes a Request without fields: parsing what is known to be right would cost more than answering it. */
const EMPTY = { toString: () => "" };

let limit: (request: Request, bytes: number) => void;
let endable: (request: Request) => (reason: unknown) => void;

let fromServer: (
  method: string,
  target: string,
  headers: HeaderBlock,
  content: Content | null,
  source: SignalSource | undefined,
) => Request;

export interface Request extends BodyMethods {}

/**
 * The Fetch standard's Request. One that a server received decodes nothing before it is asked for: its URL and headers are
 * made on first use, its content is read when `text()`, `json()`, `bytes()`… asks.
 *
 * Not supported: modes, credentials, cache and the other members that only browsers give a meaning; `body` is a
 * {@link BodyView}.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: addBodyMethods, below, is what is declared here
export class Request {
  readonly method: string;
  /** Absolute URL; for a received request its target, completed when asked for. */
  #target = "";
  #url: string | undefined = undefined;
  #block: HeaderBlock | undefined = undefined;
  #headers: Headers | undefined = undefined;
  #content: Content | null = null;
  #used = false;
  #signal: AbortSignal | undefined = undefined;
  #source: SignalSource | undefined = undefined;
  #serial = 0;

  constructor(input: string | Request | { toString(): string }, init: RequestInit = {}) {
    if (input === EMPTY) {
      this.method = "";
      return;
    }
    const source = input instanceof Request ? input : undefined;
    const method = init.method === undefined ? (source?.method ?? "GET") : String(init.method);
    if (!METHOD.test(method)) throw new TypeError(`Request: ${JSON.stringify(method)} is not a method`);
    this.method = NORMALIZED.test(method) ? method.toUpperCase() : method;
    this.#target = source === undefined ? normalUrl(String(input)) : source.url;
    this.#url = this.#target;
    if (init.signal) this.#signal = init.signal;
    else if (source !== undefined && init.signal === undefined) {
      this.#source = { serial: 0, clientSignal: () => source.signal };
    }
    const headers = init.headers === undefined ? source?.headers : init.headers;
    const body = init.body === undefined ? null : init.body;
    if (body !== null && (this.method === "GET" || this.method === "HEAD")) {
      throw new TypeError(`Request: ${this.method} has no body`);
    }
    this.#headers = headers === undefined ? undefined : new Headers(headers);
    if (body !== null) {
      this.#content = contentOf(body);
      const type = contentTypeOf(body);
      if (type !== undefined && !this.headers.has("content-type")) this.headers.set("content-type", type);
    } else {
      this.#content = source === undefined || init.body === null ? null : source[TAKE]();
    }
  }

  static {
    limit = (request, bytes) => {
      const content = request.#content;
      if (content === null) return;
      if (typeof content === "string" || content instanceof Uint8Array) {
        if (content.length > bytes) throw tooLarge(bytes);
      } else request.#content = carried(content, limited(content, bytes));
    };
    endable = (request) => {
      const outer = request.#signal;
      const source = request.#source;
      const serial = request.#serial;
      // Made when somebody asks: most handlers are in time, and look at no signal.
      let own: AbortController | undefined;
      let signal: AbortSignal | undefined;
      request.#signal = undefined;
      request.#source = {
        serial,
        clientSignal() {
          if (signal !== undefined) return signal;
          own = new AbortController();
          const client = outer ?? source?.clientSignal(serial);
          signal = client === undefined ? own.signal : AbortSignal.any([own.signal, client]);
          return signal;
        },
      };
      return (reason) => {
        if (own === undefined) signal = AbortSignal.abort(reason);
        else own.abort(reason);
      };
    };
    fromServer = (method, target, headers, content, source) => {
      const request = new Request(EMPTY);
      (request as { method: string }).method = method;
      request.#target = target;
      request.#block = headers;
      request.#content = content;
      if (source !== undefined) {
        request.#source = source;
        request.#serial = source.serial;
      }
      return request;
    };
  }

  get url(): string {
    if (this.#url === undefined) {
      const target = this.#target;
      // RFC 9112 3.3. The authority of an absolute target stands above Host.
      if (target.charCodeAt(0) === 0x2f || target === "*") {
        const host = this.#block!.host(normalHost);
        this.#url = `http://${host === "" ? "localhost" : host}${target === "*" ? "/*" : normalTarget(target)}`;
      } else {
        this.#url = absoluteTarget(target);
      }
    }
    return this.#url;
  }

  get headers(): Headers {
    if (this.#headers === undefined) {
      this.#headers = this.#block === undefined ? new Headers() : headersOf(this.#block);
    }
    return this.#headers;
  }

  /**
   * Aborted when the client went away before it had its answer, or when `timeout` gave the handler up: to be handed on to whatever
   * the handler waits for. The client is listened to from the first time that somebody asks for it.
   *
   * @example
   * app.get("/far", ({ request }) => fetch("http://far.example/", { signal: request.signal }));
   */
  get signal(): AbortSignal {
    this.#signal ??= this.#source?.clientSignal(this.#serial) ?? new AbortController().signal;
    return this.#signal;
  }

  /** The content as it arrives; `null` when there is none. An async iterable with `getReader()`, not all of a ReadableStream. */
  get body(): BodyView | null {
    return this.#content === null ? null : new BodyView(() => this[TAKE]() as Content, this.#content);
  }

  /** Fields behind the content (RFC 9110 6.5), once that was read to its end; empty before, and where there are none. */
  get trailers(): Headers {
    return trailersOf(this.#content);
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  get [Symbol.toStringTag](): string {
    return "Request";
  }

  [TAKE](): Content | null {
    if (this.#used) throw new TypeError("The request's body was already used");
    if (this.#content !== null) this.#used = true;
    return this.#content;
  }

  /** A second request with the same content, which is read in full for it if it still arrives. */
  clone(): Request {
    if (this.#used) throw new TypeError("The request's body was already used");
    const content = this.#content;
    if (content !== null && typeof content !== "string" && !(content instanceof Uint8Array))
      this.#content = shared(content);
    const copy = new Request(EMPTY);
    (copy as { method: string }).method = this.method;
    copy.#target = this.#target;
    copy.#url = this.#url;
    copy.#block = this.#block;
    copy.#headers = this.#headers === undefined ? undefined : new Headers(this.#headers);
    copy.#content = this.#content;
    copy.#signal = this.#signal;
    copy.#source = this.#source;
    copy.#serial = this.#serial;
    return copy;
  }
}

addBodyMethods(Request.prototype, decodeJson);

/** RFC 9112 3.2.2. A target that is no URL to the URL standard stays as it was sent: the server did not refuse it. */
function absoluteTarget(target: string): string {
  try {
    return normalUrl(target);
  } catch {
    return target;
  }
}

/** Gives the request a signal that the function which is returned aborts, too. */
export function endableRequest(request: Request): (reason: unknown) => void {
  return endable(request);
}

/** Ends the request's content with a 413 behind so many bytes. */
export function limitContent(request: Request, bytes: number): void {
  limit(request, bytes);
}

async function* limited(content: BodyStream, bytes: number): AsyncGenerator<Uint8Array | string, undefined> {
  let left = bytes;
  for await (const piece of content) {
    left -= piece.length;
    if (left < 0) throw tooLarge(bytes);
    yield piece;
  }
}

function tooLarge(bytes: number): HttpError {
  return new HttpError(413, `The content is larger than ${bytes} bytes`, { code: "ERR_BODY_LIMIT" });
}

/** A request as a server received it. `content`: what has arrived, a stream of what will, or `null`. */
export function receivedRequest(
  method: string,
  target: string,
  headers: HeaderBlock,
  content: Content | null,
  source?: SignalSource,
): Request {
  return fromServer(method, target, headers, content, source);
}

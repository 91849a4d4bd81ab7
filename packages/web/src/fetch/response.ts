import { type BodyInit, BodyView, type Content, contentOf, contentTypeOf, parseJson, shared } from "./body.ts";
import { addBodyMethods, type BodyMethods, TAKE } from "./body-methods.ts";
import { Headers, type HeadersInit } from "./headers.ts";

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

/** What a server hands a response to, without the standard's promises and without an object in between. */
export interface ResponseSink {
  /**
   * `headers`: the response's own, if any were given or asked for; they hold the Content-Type then. `contentType`: what the
   * body implies otherwise.
   */
  send(
    status: number,
    statusText: string,
    headers: Headers | undefined,
    contentType: string | undefined,
    content: Content | null,
  ): void;
}

let sendTo: (response: Response, sink: ResponseSink) => void;
let known: (status: number, content: Content | null, contentType: string | undefined, shared?: Headers) => Response;

export interface Response extends BodyMethods {}

/**
 * The Fetch standard's Response. Its headers are made when given or asked for: one with a string and nothing else costs no
 * more than its fields.
 *
 * A body may also be an async iterable of strings and Uint8Arrays, which is sent as it comes.
 *
 * @example
 * new Response(JSON.stringify(links), { status: 201, headers: { "content-type": "application/json" } });
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: addBodyMethods, below, is what is declared here
export class Response {
  readonly status: number;
  readonly statusText: string;
  #headers: Headers | undefined = undefined;
  /** Headers that many responses have, in place of own ones until somebody looks at them. */
  #shared: Headers | undefined = undefined;
  #contentType: string | undefined = undefined;
  #content: Content | null = null;
  #used = false;

  constructor(body?: BodyInit | null, init?: ResponseInit) {
    if (init === undefined) {
      this.status = 200;
      this.statusText = "";
    } else {
      const status = init.status === undefined ? 200 : Number(init.status);
      if (!(status >= 200 && status <= 599 && Number.isInteger(status))) {
        throw new RangeError(`Response: status ${init.status} is not between 200 and 599`);
      }
      this.status = status;
      this.statusText = init.statusText === undefined ? "" : reasonPhrase(init.statusText);
      if (init.headers !== undefined) this.#headers = new Headers(init.headers);
    }
    if (body === undefined || body === null) return;
    if (this.status === 204 || this.status === 205 || this.status === 304) {
      throw new TypeError(`Response: status ${this.status} has no body`);
    }
    this.#content = contentOf(body);
    const type = contentTypeOf(body);
    if (type === undefined) return;
    if (this.#headers === undefined) this.#contentType = type;
    else if (!this.#headers.has("content-type")) this.#headers.set("content-type", type);
  }

  static {
    sendTo = (response, sink) => {
      const content = response[TAKE]();
      const headers = response.#headers ?? response.#shared;
      sink.send(response.status, response.statusText, headers, response.#contentType, content);
    };
    known = (status, content, contentType, shared) => {
      const response = new Response();
      (response as { status: number }).status = status;
      response.#content = content;
      response.#contentType = contentType;
      response.#shared = shared;
      return response;
    };
  }

  /** A response with `data` as JSON. */
  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("Response.json: the value has no JSON form");
    if (init?.headers === undefined) {
      const response = new Response(text, init);
      response.#contentType = "application/json";
      return response;
    }
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(text, { ...init, headers });
  }

  /** A redirection. The location is sent as it is given: relative ones are allowed. */
  static redirect(url: string | { toString(): string }, status = 302): Response {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Response: ${status} does not redirect`);
    return new Response(null, { status, headers: { location: String(url) } });
  }

  get headers(): Headers {
    if (this.#headers === undefined) {
      this.#headers = new Headers(this.#shared);
      if (this.#contentType !== undefined) this.#headers.set("content-type", this.#contentType);
    }
    return this.#headers;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get type(): "default" {
    return "default";
  }

  get url(): string {
    return "";
  }

  get redirected(): boolean {
    return false;
  }

  /** The content piece by piece; `null` when there is none. An async iterable with `getReader()`, not all of a ReadableStream. */
  get body(): BodyView | null {
    return this.#content === null ? null : new BodyView(() => this[TAKE]() as Content, this.#content);
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  get [Symbol.toStringTag](): string {
    return "Response";
  }

  [TAKE](): Content | null {
    if (this.#used) throw new TypeError("The response's body was already used");
    if (this.#content !== null) this.#used = true;
    return this.#content;
  }

  clone(): Response {
    if (this.#used) throw new TypeError("The response's body was already used");
    const content = this.#content;
    if (content !== null && typeof content !== "string" && !(content instanceof Uint8Array))
      this.#content = shared(content);
    const copy = new Response(null, { status: this.status, statusText: this.statusText });
    copy.#headers = this.#headers === undefined ? undefined : new Headers(this.#headers);
    copy.#shared = this.#shared;
    copy.#contentType = this.#contentType;
    copy.#content = this.#content;
    return copy;
  }
}

addBodyMethods(Response.prototype, parseJson);

/** Hands a response over; its body counts as used then. */
export function sendResponse(response: Response, sink: ResponseSink): void {
  sendTo(response, sink);
}

/**
 * A response of known good parts: nothing is checked or copied. `contentType`: its only header. `shared`: its headers, of which
 * it makes a copy when they are asked for.
 */
export function knownResponse(
  status: number,
  content: Content | null,
  contentType: string | undefined,
  shared?: Headers,
): Response {
  return known(status, content, contentType, shared);
}

/** RFC 9112 4: a reason phrase holds no controls. */
function reasonPhrase(text: string): string {
  const phrase = String(text);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(phrase)) throw new TypeError("Response: invalid statusText");
  return phrase;
}

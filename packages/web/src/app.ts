import { Headers } from "./fetch/headers.ts";
import { Request, type RequestInit } from "./fetch/request.ts";
import { Response } from "./fetch/response.ts";
import { Html } from "./html.ts";
import { CONTENT_TYPES, HTML, JSON_TEXT, TEXT } from "./http/response-heads.ts";
import { HttpError } from "./http-error.ts";
import { type Middleware, runOnion, wrapHandler } from "./onion.ts";
import { Query } from "./query.ts";
import type { PathParams } from "./router/pattern.ts";
import { Router } from "./router/router.ts";

/** What a handler may return, or promise. `undefined`: 204; text: `text/plain`; bytes: octets; objects and arrays: JSON. */
export type HandlerResult = Response | Html | string | Uint8Array | object | undefined;

/** Answers the requests of a route. */
export type Handler<Params = Readonly<Record<string, string>>> = (
  context: Context<Params>,
) => HandlerResult | Promise<HandlerResult>;

/** Anything that answers requests as the Fetch standard shapes them: an {@link App}, Hono, H3, a plain object. */
export interface FetchApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** `serve` finds an App's shorter way here: no Request is made unless the handler asks for it. */
export const DISPATCH: unique symbol = Symbol("soloist.web.dispatch");

export interface DirectApp {
  [DISPATCH](method: string, target: string, source: RequestSource): HandlerResult | Promise<HandlerResult>;
}

/** Where a Context finds the parts of the request that it is for, while it is being answered. */
export interface RequestSource {
  /** Changes with every request. */
  readonly serial: number;
  /** Makes the Request. */
  makeRequest(): Request;
}

/** What a handler is given. Everything but `params` is made when it is asked for. */
export interface Context<Params = Readonly<Record<string, string>>> {
  /** Values of the path's parameters, percent-decoded. */
  readonly params: Params;
  /** Path and query as they were sent, not decoded. */
  readonly target: string;
  /** The path as it was sent, not decoded. */
  readonly path: string;
  /**
   * The request, as the Fetch standard shapes it.
   *
   * @throws Error when it is asked for the first time after the request was answered.
   */
  readonly request: Request;
  /** The parameters behind "?". Decoded anew each time it is asked for. */
  readonly query: Query;
}

/** A Context's own fields. Not a class: an object with a given prototype costs 0.3 us, an instance with fields 0.7. */
interface ContextFields {
  readonly params: unknown;
  readonly target: string;
  readonly source: RequestSource;
  readonly serial: number;
  made?: Request;
}

export const contextPrototype = {
  get path(): string {
    const { target } = this as unknown as ContextFields;
    const mark = target.indexOf("?");
    return mark < 0 ? target : target.slice(0, mark);
  },
  get request(): Request {
    const fields = this as unknown as ContextFields;
    if (fields.made === undefined) {
      if (fields.source.serial !== fields.serial) throw new Error("The request was answered already");
      fields.made = fields.source.makeRequest();
    }
    return fields.made;
  },
  get query(): Query {
    const { target } = this as unknown as ContextFields;
    const mark = target.indexOf("?");
    return new Query(mark < 0 ? "" : target.slice(mark + 1));
  },
};

export type AnyHandler = (context: Context<never>) => HandlerResult | Promise<HandlerResult>;

interface Declared {
  readonly method: string;
  readonly path: string;
  readonly handler: AnyHandler;
}

/**
 * A typed router. Routes are declared in a chain; of those that fit a request, the one declared first answers. A path that
 * has no route for the method gets 405 with Allow, an unknown path 404. HEAD is answered from GET, OPTIONS by itself.
 *
 * Paths are compared segment by segment after percent-decoding; a slash at the end counts. `:name` stands for one segment,
 * `*name` at the end for the rest.
 */
export class App implements DirectApp, FetchApp {
  readonly #router = new Router<AnyHandler>();
  readonly #declared: Declared[] = [];
  readonly #middleware: Middleware[] = [];

  get<const Path extends string>(path: Path, handler: Handler<PathParams<Path>>): this {
    return this.#add("GET", path, handler);
  }

  post<const Path extends string>(path: Path, handler: Handler<PathParams<Path>>): this {
    return this.#add("POST", path, handler);
  }

  put<const Path extends string>(path: Path, handler: Handler<PathParams<Path>>): this {
    return this.#add("PUT", path, handler);
  }

  patch<const Path extends string>(path: Path, handler: Handler<PathParams<Path>>): this {
    return this.#add("PATCH", path, handler);
  }

  delete<const Path extends string>(path: Path, handler: Handler<PathParams<Path>>): this {
    return this.#add("DELETE", path, handler);
  }

  /** Every method, those without a name here too. */
  all<const Path extends string>(path: Path, handler: Handler<PathParams<Path>>): this {
    return this.#add("*", path, handler);
  }

  /**
   * Wraps every request of this app, those without a route too; the first that is declared is the outermost. In an app that
   * is part of another by {@link App.route}, the routes only.
   *
   * @example
   * app.use(async (context, next) => {
   *   const response = await next();
   *   response.headers.set("x-powered-by", "Soloist");
   *   return response;
   * });
   */
  use(...middleware: readonly Middleware[]): this {
    this.#middleware.push(...middleware);
    // An own method: apps without middleware pay nothing.
    const plain = App.prototype[DISPATCH];
    Object.defineProperty(this, DISPATCH, {
      configurable: true,
      value: (method: string, target: string, source: RequestSource) =>
        runOnion(this.#middleware, method, target, source, (inner, changed) =>
          plain.call(this, changed?.method ?? method, changed?.target ?? target, inner),
        ),
    });
    return this;
  }

  /** Takes over the routes of another app as they are now, behind `prefix`, wrapped by its middleware. */
  route(prefix: string, app: App): this {
    const middleware = app.#middleware.slice();
    for (const { method, path, handler } of app.#declared) {
      const whole = path === "/" && prefix !== "/" ? prefix : prefix.replace(/\/$/, "") + path;
      this.#add(method, whole, middleware.length === 0 ? handler : wrapHandler(middleware, handler));
    }
    return this;
  }

  /** Hands every request below `prefix` to another app, of any make, which sees the path without it. */
  mount(prefix: string, app: FetchApp): this {
    const handler: AnyHandler = ({ request, target }) => {
      const below = target.slice(prefix.length);
      return app.fetch(new Request(`${originOf(request.url)}${below.startsWith("/") ? "" : "/"}${below}`, request));
    };
    return this.#add("*", prefix, handler).#add("*", `${prefix}/*`, handler);
  }

  #add(method: string, path: string, handler: AnyHandler): this {
    this.#router.add(method, path, handler);
    this.#declared.push({ method, path, handler });
    return this;
  }

  /** Answers a request of anybody's making. May be passed on alone: it needs no `this`. */
  readonly fetch = (request: Request): Response | Promise<Response> => {
    const target = targetOf(request.url);
    let result: HandlerResult | Promise<HandlerResult>;
    try {
      result = this[DISPATCH](request.method, target, { serial: 0, makeRequest: () => request });
    } catch (error) {
      return failureOf(error);
    }
    return isThenable(result) ? result.then(toResponse, failureOf) : toResponse(result);
  };

  /**
   * Answers a request in process, for tests.
   *
   * @example
   * expect(await (await app.request("/hello/Ada")).text()).toBe("Hello Ada!\n");
   */
  async request(path: string, init?: RequestInit): Promise<Response> {
    const url = path.startsWith("/") ? `http://localhost${path}` : path;
    return this.fetch(new Request(url, init));
  }

  [DISPATCH](method: string, target: string, source: RequestSource): HandlerResult | Promise<HandlerResult> {
    if (target.charCodeAt(0) !== 0x2f) {
      if (target === "*") return new Response(null, { status: 204, headers: { allow: METHODS } });
      return this[DISPATCH](method, targetOf(target), source);
    }
    const mark = target.indexOf("?");
    const path = mark < 0 ? target : target.slice(0, mark);
    const escaped = path.includes("%");
    if (escaped && !isDecodable(path)) return textResponse(400, "The path is not percent-encoded UTF-8\n");
    const router = this.#router;
    const route = router.find(method, path, escaped);
    if (route === undefined) return this.#missing(method, path, escaped);
    const context = { __proto__: contextPrototype, params: router.params, target, source, serial: source.serial };
    return route.handler(context as unknown as Context<never>);
  }

  #missing(method: string, path: string, escaped: boolean): Response {
    const allowed = this.#router.allowed(path, escaped);
    if (allowed.size === 0) return textResponse(404, "Not Found\n");
    const allow = [...allowed, ...(allowed.has("OPTIONS") ? [] : ["OPTIONS"])].join(", ");
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
    return new Response("Method Not Allowed\n", {
      status: 405,
      headers: { allow, "content-type": CONTENT_TYPES[TEXT] },
    });
  }
}

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** A new {@link App} without routes. */
export function createApp(): App {
  return new App();
}

/** What a handler returned, as a Response. */
export function toResponse(result: HandlerResult): Response {
  if (result instanceof Response) return result;
  if (typeof result === "string") return new Response(result, { headers: { "content-type": CONTENT_TYPES[TEXT] } });
  if (result === undefined) return new Response(null, { status: 204 });
  if (result instanceof Html) {
    return new Response(result.toString(), { headers: { "content-type": CONTENT_TYPES[HTML] } });
  }
  if (result instanceof Uint8Array) {
    return new Response(result, { headers: { "content-type": "application/octet-stream" } });
  }
  if (isForeignResponse(result)) return adoptResponse(result);
  return new Response(JSON.stringify(result), { headers: { "content-type": CONTENT_TYPES[JSON_TEXT] } });
}

/** The answer to a request whose handler threw. Only an {@link HttpError} tells the client why; others are logged. */
export function failureOf(error: unknown): Response {
  if (error instanceof HttpError) return textResponse(error.status, `${error.message}\n`);
  console.error("A handler failed:", error);
  return textResponse(500, "Internal Server Error\n");
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

function textResponse(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": CONTENT_TYPES[TEXT] } });
}

/** Path and query of an absolute URL. RFC 9112 3.2.2: the target of a request in absolute form. */
function targetOf(url: string): string {
  const scheme = url.indexOf("://");
  const authority = scheme < 0 ? 0 : scheme + 3;
  const length = url.slice(authority).search(/[/?#]/);
  if (length < 0) return "/";
  const hash = url.indexOf("#", authority);
  const target = url.slice(authority + length, hash < 0 ? undefined : hash);
  return target.startsWith("/") ? target : `/${target}`;
}

function originOf(url: string): string {
  const authority = url.indexOf("://") + 3;
  const length = url.slice(authority).search(/[/?#]/);
  return length < 0 ? url : url.slice(0, authority + length);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

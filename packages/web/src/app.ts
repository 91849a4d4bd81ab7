import { failureOf, isThenable, textResponse, toResponse } from "./answer.ts";
import {
  type AnyHandler,
  type Context,
  contextPrototype,
  type Handler,
  type HandlerResult,
  type RequestSource,
} from "./context.ts";
import { Request, type RequestInit } from "./fetch/request.ts";
import { Response } from "./fetch/response.ts";
import { CONTENT_TYPES, TEXT } from "./http/response-heads.ts";
import { type Middleware, runOnion, wrapHandler } from "./onion.ts";
import type { PathParams } from "./router/pattern.ts";
import { Router } from "./router/router.ts";

/** Anything that answers requests as the Fetch standard shapes them: an {@link App}, Hono, H3, a plain object. */
export interface FetchApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** `serve` finds an App's shorter way here: no Request is made unless the handler asks for it. */
export const DISPATCH: unique symbol = Symbol("soloist.web.dispatch");

export interface DirectApp {
  [DISPATCH](method: string, target: string, source: RequestSource): HandlerResult | Promise<HandlerResult>;
}

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

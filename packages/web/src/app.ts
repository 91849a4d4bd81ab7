import { failureOf, isThenable, textResponse, toResponse } from "./answer.ts";
import {
  type AnyHandler,
  type Context,
  contextPrototype,
  type Handler,
  type HandlerResult,
  type RequestSource,
} from "./context.ts";
import { addDevices, type DeclaredDevice, makeDevices } from "./devices.ts";
import { Request, type RequestInit } from "./fetch/request.ts";
import { Response } from "./fetch/response.ts";
import { isUsualTarget } from "./fetch/url.ts";
import { CONTENT_TYPES, TEXT } from "./http/response-heads.ts";
import { type AnyMiddleware, type Middleware, runOnion, wrapHandler } from "./onion.ts";
import type { Query } from "./query.ts";
import { acceptedQuality, essenceOf, fitsType, type Media, mediaOf } from "./router/media.ts";
import type { PathParams } from "./router/pattern.ts";
import { type Candidate, Router } from "./router/router.ts";
import { type AnyShape, type RouteShape, type ShapedHandler, shapeHandler } from "./shape.ts";

/** Anything that answers requests as the Fetch standard shapes them: an {@link App}, Hono, H3, a plain object. */
export interface FetchApp {
  // biome-ignore lint/suspicious/noExplicitAny: other makers' apps are typed by other makers' Request
  fetch(request: any, env?: any): FetchAnswer | Promise<FetchAnswer>;
}

/** A Response of anybody's making. */
export interface FetchAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: object | null;
}

/** `serve` finds an App's shorter way here: no Request is made unless the handler asks for it. */
export const DISPATCH: unique symbol = Symbol("soloist.web.dispatch");
/** The devices that an app declared. */
export const DEVICES: unique symbol = Symbol("soloist.web.devices");

export interface DirectApp {
  [DISPATCH](method: string, target: string, source: RequestSource): HandlerResult | Promise<HandlerResult>;
}

interface Declared {
  readonly method: string;
  readonly path: string;
  readonly handler: AnyHandler;
  readonly media: Media | undefined;
}

/** Declares a route: a path that types its parameters, perhaps a shape that types query and body, and a handler. */
export interface Declare<Self, Env> {
  <const Path extends string>(path: Path, handler: Handler<PathParams<Path>, Env>): Self;
  <const Path extends string, Parameters = Query, Body = undefined>(
    path: Path,
    shape: RouteShape<Parameters, Body>,
    handler: ShapedHandler<PathParams<Path>, Env, Parameters, Body>,
  ): Self;
}

/** An app whose devices are made. */
export interface StartedApp<Env> extends AsyncDisposable {
  readonly env: Env;
  /** Answers a request in process. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/**
 * A typed router. Routes are declared in a chain; of those that fit a request, the one declared first answers. A path that
 * has no route for the method gets 405 with Allow, an unknown path 404. HEAD is answered from GET, OPTIONS by itself.
 *
 * Paths are compared segment by segment after percent-decoding; a slash at the end counts. `:name` stands for one segment,
 * `*name` at the end for the rest.
 *
 * `Given`: what `serve` has to be given as `env`. `Env`: what handlers see, which is that and the app's devices.
 */
export class App<in Given = unknown, in out Env = Given> implements DirectApp, FetchApp {
  readonly #router = new Router<AnyHandler>();
  /** What targets that come often were found to lead to: by one look-up in place of a search (0.3 us, not 2 to 4). */
  readonly #known = new Map<string, KnownTarget>();
  #searches = 0;
  readonly #declared: Declared[] = [];
  readonly #middleware: AnyMiddleware[] = [];
  readonly #hosts: { readonly fits: (host: string) => boolean; readonly app: DirectApp }[] = [];
  readonly [DEVICES]: DeclaredDevice[] = [];

  readonly get: Declare<this, Env> = this.#declarer("GET");
  readonly post: Declare<this, Env> = this.#declarer("POST");
  readonly put: Declare<this, Env> = this.#declarer("PUT");
  readonly patch: Declare<this, Env> = this.#declarer("PATCH");
  readonly delete: Declare<this, Env> = this.#declarer("DELETE");
  /** Every method, those without a name here too. */
  readonly all: Declare<this, Env> = this.#declarer("*");

  /**
   * Declares something that is made once, when the app is started by `serve`, and stands in `env` by its name for all
   * handlers and for the devices declared behind it. When the server stops, devices are finalised, the last made first: by
   * `finalise`, or by their own `Symbol.asyncDispose` or `Symbol.dispose`.
   *
   * @example
   * const app = createApp<{ disk: BlockDevice }>()
   *   .device("links", ({ disk }) => openStore(disk))
   *   .get("/:id", async ({ params, env }) => (await env.links.get(params.id)) ?? new Response(null, { status: 404 }));
   * await serve(listener, app, { env: { disk } });
   */
  device<const Name extends string, Value>(
    name: Name,
    make: (env: Env) => Value | Promise<Value>,
    finalise?: (value: Value) => unknown,
  ): App<Given, Env & { readonly [Key in Name]: Value }> {
    addDevices(this[DEVICES], [{ name, make, finalise }]);
    return this as unknown as App<Given, Env & { readonly [Key in Name]: Value }>;
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
  use(...middleware: readonly Middleware<Env>[]): this {
    this.#middleware.push(...middleware);
    return this.#wrap();
  }

  /** Takes over the routes and devices of another app as they are now, behind `prefix`, wrapped by its middleware. */
  // biome-ignore lint/suspicious/noExplicitAny: what its own handlers see is its own affair
  route(prefix: string, app: App<Env, any>): this {
    const middleware = app.#middleware.slice();
    addDevices(this[DEVICES], app[DEVICES]);
    for (const { method, path, handler, media } of app.#declared) {
      const whole = path === "/" && prefix !== "/" ? prefix : prefix.replace(/\/$/, "") + path;
      this.#add(method, whole, middleware.length === 0 ? handler : wrapHandler(middleware, handler), media);
    }
    return this;
  }

  /** Hands every request below `prefix` to another app, of any make, which sees the path without it and this app's `env`. */
  mount(prefix: string, app: FetchApp): this {
    if (app instanceof App) addDevices(this[DEVICES], app[DEVICES]);
    const handler: AnyHandler = (context) => {
      const { request, target, env } = context as unknown as Context;
      const below = target.slice(prefix.length);
      const url = `${originOf(request.url)}${below.startsWith("/") ? "" : "/"}${below}`;
      return app.fetch(new Request(url, request), env) as HandlerResult | Promise<HandlerResult>;
    };
    return this.#add("*", prefix, handler).#add("*", `${prefix}/*`, handler);
  }

  /**
   * Hands all requests for a host to another app, before this app's own routes are looked at; the host that was declared
   * first wins. `*.example.com` is any one label before `.example.com`. A pattern without a port fits every port.
   *
   * @example createApp().host("api.example.com", api).host("*.example.com", tenants).get("/", () => "elsewhere");
   */
  // biome-ignore lint/suspicious/noExplicitAny: what its own handlers see is its own affair
  host(pattern: string, app: App<Env, any>): this {
    addDevices(this[DEVICES], app[DEVICES]);
    this.#hosts.push({ fits: hostPattern(pattern), app });
    return this.#wrap();
  }

  /** Own methods: apps without middleware and hosts pay nothing for them. */
  #wrap(): this {
    const own: DirectApp[typeof DISPATCH] = App.prototype[DISPATCH].bind(this);
    const hosts = this.#hosts;
    const hosted: typeof own = (method, target, source) => {
      const request = source.makeRequest();
      const host = hostOf(request.url);
      const found = hosts.find(({ fits }) => fits(host));
      const same: RequestSource = { serial: 0, env: source.env, flow: source.flow, makeRequest: () => request };
      return found === undefined ? own(method, target, same) : found.app[DISPATCH](method, target, same);
    };
    const plain = hosts.length === 0 ? own : hosted;
    const wrapped: typeof own = (method, target, source) =>
      runOnion(this.#middleware, method, target, source, (inner, changed) =>
        plain(changed?.method ?? method, changed?.target ?? target, inner),
      );
    const value = this.#middleware.length === 0 ? plain : wrapped;
    Object.defineProperty(this, DISPATCH, { configurable: true, value });
    return this;
  }

  #declarer(method: string): Declare<this, Env> {
    const declare = (path: string, shape: AnyShape | AnyHandler, handler?: AnyHandler) => {
      if (typeof shape === "function") return this.#add(method, path, shape);
      const { consumes, produces } = shape;
      const isNegotiated = consumes !== undefined || produces !== undefined;
      const media = isNegotiated ? mediaOf(consumes, produces) : undefined;
      return this.#add(method, path, shapeHandler(shape, handler!), media);
    };
    return declare as unknown as Declare<this, Env>;
  }

  #add(method: string, path: string, handler: AnyHandler, media?: Media): this {
    this.#router.add(method, path, handler, media);
    this.#known.clear();
    this.#declared.push({ method, path, handler, media });
    return this;
  }

  /** Answers a request of anybody's making. May be passed on alone: it needs no `this`. `env`: what handlers see. */
  readonly fetch = (request: Request, env?: Env): Response | Promise<Response> => {
    const target = targetOf(request.url);
    let result: HandlerResult | Promise<HandlerResult>;
    try {
      result = this[DISPATCH](request.method, target, { serial: 0, env, makeRequest: () => request });
    } catch (error) {
      return failureOf(error);
    }
    return isThenable(result) ? result.then(toResponse, failureOf) : toResponse(result);
  };

  /** GET of a path, whose Request is made when a handler asks for it. */
  #get(path: string, env: Env | undefined): Response | Promise<Response> {
    let result: HandlerResult | Promise<HandlerResult>;
    try {
      result = this[DISPATCH]("GET", path, { __proto__: pathSource, serial: 0, env, path } as unknown as RequestSource);
    } catch (error) {
      return failureOf(error);
    }
    return isThenable(result) ? result.then(toResponse, failureOf) : toResponse(result);
  }

  /**
   * Answers a request in process, for tests. `env` is what handlers see, devices too: a test may bring doubles. With
   * {@link App.start} the app's own devices are made.
   *
   * @example
   * expect(await (await app.request("/hello/Ada")).text()).toBe("Hello Ada!\n");
   */
  async request(
    path: string,
    ...[init, env]: unknown extends Env ? [init?: RequestInit, env?: Env] : [init: RequestInit | undefined, env: Env]
  ): Promise<Response> {
    if (init === undefined && isUsualTarget(path)) return this.#get(path, env);
    return this.fetch(inProcess(path, init), env);
  }

  /**
   * Makes the app's devices without a server.
   *
   * @example
   * await using started = await app.start({ disk });
   * expect((await started.request("/")).status).toBe(200);
   */
  readonly start = async (given: Given): Promise<StartedApp<Env>> => {
    const made = await makeDevices(this[DEVICES], given);
    const env = made.env as Env;
    return {
      env,
      request: async (path, init) => this.fetch(inProcess(path, init), env),
      [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
    };
  };

  [DISPATCH](method: string, target: string, source: RequestSource): HandlerResult | Promise<HandlerResult> {
    const known = this.#known.get(target);
    if (known !== undefined && known.method === method) {
      const { params } = known;
      const context = { __proto__: contextPrototype, params, target, source, serial: source.serial };
      return known.handler(context as unknown as Context<never, never>);
    }
    if (target.charCodeAt(0) !== 0x2f) {
      if (target === "*") return new Response(null, { status: 204, headers: { allow: METHODS } });
      return App.prototype[DISPATCH].call(this, method, targetOf(target), source);
    }
    const mark = target.indexOf("?");
    const path = mark < 0 ? target : target.slice(0, mark);
    const escaped = path.includes("%");
    if (escaped && !isDecodable(path)) return textResponse(400, "The path is not percent-encoded UTF-8\n");
    const router = this.#router;
    const route = router.find(method, path, escaped);
    if (route === undefined) return this.#missing(method, path, escaped);
    if (route.media !== undefined) return this.#negotiate(method, target, path, escaped, source);
    // Later requests may share them: what one handler changed, another would see.
    const params = Object.freeze(router.params);
    if ((++this.#searches & EVERY) === 0) this.#remember(method, target, params, route.handler);
    const context = { __proto__: contextPrototype, params, target, source, serial: source.serial };
    return route.handler(context as unknown as Context<never, never>);
  }

  /** Called for one search in a few: what comes often is remembered soon, what comes once costs little. */
  #remember(method: string, target: string, params: KnownTarget["params"], handler: AnyHandler): void {
    const known = this.#known;
    if (target.length > KNOWN_LENGTH) return;
    if (known.size === KNOWN_TARGETS) known.clear();
    known.set(target, { method, params, handler });
  }

  /** Several routes may fit that differ by what they take and give: the request's headers choose. RFC 9110 12.5.1, 15.5.16. */
  #negotiate(
    method: string,
    target: string,
    path: string,
    escaped: boolean,
    source: RequestSource,
  ): HandlerResult | Promise<HandlerResult> {
    const request = source.makeRequest();
    const { headers } = request;
    const all = this.#router.all(method, path, escaped);
    const type = essenceOf(headers.get("content-type"));
    const hasContent = type !== "" || request.body !== null;
    const readers = all.filter(({ route: { media } }) => {
      return media?.consumes === undefined || !hasContent || fitsType(type, media.consumes);
    });
    if (readers.length === 0) {
      const accept = [...new Set(all.flatMap(({ route }) => route.media?.consumes ?? []))].join(", ");
      return new Response("Unsupported Media Type\n", {
        status: 415,
        headers: { accept, "content-type": CONTENT_TYPES[TEXT] },
      });
    }
    const accept = headers.get("accept");
    let best: Candidate<AnyHandler> | undefined;
    let bestQuality = 0;
    for (const candidate of readers) {
      const produces = candidate.route.media?.produces;
      // A route that does not say what it gives is taken where nothing that says it is wanted.
      const quality = produces === undefined ? Number.MIN_VALUE : acceptedQuality(accept, produces);
      if (quality > bestQuality) {
        best = candidate;
        bestQuality = quality;
      }
      if (candidate.route.media === undefined) break;
    }
    if (best === undefined) {
      const given = [...new Set(readers.map(({ route }) => route.media!.produces!))].join(", ");
      const response = textResponse(406, `Not Acceptable; there is ${given}\n`);
      response.headers.set("vary", "accept");
      return response;
    }
    const { route } = best;
    const params = Object.freeze(best.params);
    const context = { __proto__: contextPrototype, params, target, source, serial: source.serial, made: request };
    const result = route.handler(context as unknown as Context<never, never>);
    if (!readers.some(({ route: { media } }) => media?.produces !== undefined)) return result;
    const varied = (settled: HandlerResult) => {
      const response = toResponse(settled);
      response.headers.append("vary", "accept");
      return response;
    };
    return isThenable(result) ? result.then(varied) : varied(result);
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

/** Where a target leads. */
interface KnownTarget {
  readonly method: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly handler: AnyHandler;
}

/** Bounds: targets come from strangers, and the engine's hash tables are not seeded. */
const KNOWN_TARGETS = 256;
const KNOWN_LENGTH = 128;
/** One search in eight. */
const EVERY = 7;

/** A path that is asked for in process: what its RequestSource has in common with others. */
const pathSource = {
  makeRequest(this: { readonly path: string }): Request {
    return inProcess(this.path, undefined);
  },
};

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** A new {@link App} without routes. `Env`: what `serve` will be given for its handlers to share. */
export function createApp<Env = unknown>(): App<Env> {
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

/** Host and port of an absolute URL, lower case. */
function hostOf(url: string): string {
  const origin = originOf(url);
  return origin.slice(origin.indexOf("://") + 3).toLowerCase();
}

function hostPattern(pattern: string): (host: string) => boolean {
  if (!/^(\*\.)?[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(pattern)) {
    throw new TypeError(`${JSON.stringify(pattern)} is no host`);
  }
  const wanted = pattern.toLowerCase();
  const name = /:\d+$/.test(wanted) && !wanted.endsWith("]") ? (host: string) => host : withoutPort;
  if (!wanted.startsWith("*.")) return (host) => name(host) === wanted;
  const end = wanted.slice(1);
  return (host) => {
    const found = name(host);
    const label = found.slice(0, -end.length);
    return found.endsWith(end) && label !== "" && !label.includes(".");
  };
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, "");
}

function originOf(url: string): string {
  const authority = url.indexOf("://") + 3;
  const length = url.slice(authority).search(/[/?#]/);
  return length < 0 ? url : url.slice(0, authority + length);
}

function inProcess(path: string, init: RequestInit | undefined): Request {
  return new Request(path.startsWith("/") ? `http://localhost${path}` : path, init);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

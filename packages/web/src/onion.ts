import { failureOf, toResponse } from "./answer.ts";
import { type AnyHandler, type Context, contextPrototype, type HandlerResult, type RequestSource } from "./context.ts";
import type { Response } from "./fetch/response.ts";

/** What a middleware is given. `params`: of a route only where the middleware belongs to a sub-app. */
export interface MiddlewareContext<Env = unknown> extends Context<Readonly<Record<string, string>>, Env> {
  readonly method: string;
}

/** Goes on with what lies inside: further middleware, then the route. What it throws has become a Response. */
export type Next = (changed?: { readonly method?: string; readonly target?: string }) => Promise<Response>;

/** Answers by itself, or wraps the answer of `next()`. */
export type Middleware<Env = unknown> = (
  context: MiddlewareContext<Env>,
  next: Next,
) => HandlerResult | Promise<HandlerResult>;

export type AnyMiddleware = Middleware<never>;

type Changed = { readonly method?: string; readonly target?: string } | undefined;

/** Runs middleware around `inside`, which is given a source that makes the same Request as the middleware has. */
export function runOnion(
  middleware: readonly AnyMiddleware[],
  method: string,
  target: string,
  source: RequestSource,
  inside: (source: RequestSource, changed: Changed) => HandlerResult | Promise<HandlerResult>,
): Promise<HandlerResult> {
  const fields = { __proto__: contextPrototype, params: {}, target, source, serial: source.serial, method };
  const context = fields as unknown as MiddlewareContext<never>;
  const inner: RequestSource = { serial: 0, env: source.env, flow: source.flow, makeRequest: () => context.request };
  return run(middleware, context, (changed) => inside(inner, changed));
}

/** A handler inside the middleware of the app that it came from. */
export function wrapHandler(middleware: readonly AnyMiddleware[], handler: AnyHandler): AnyHandler {
  return (context: Context<never, never>) => {
    const outer = context as unknown as MiddlewareContext<never>;
    const own = Object.create(outer, {
      method: { get: () => outer.request.method },
      request: { get: () => outer.request },
    }) as MiddlewareContext<never>;
    return run(middleware, own, () => handler(context));
  };
}

async function run(
  middleware: readonly AnyMiddleware[],
  context: MiddlewareContext<never>,
  inside: (changed: Changed) => HandlerResult | Promise<HandlerResult>,
): Promise<HandlerResult> {
  const step = async (index: number, changed: Changed): Promise<Response> => {
    try {
      const layer = middleware[index];
      if (layer === undefined) return toResponse(await inside(changed));
      return toResponse(await layer(context, (change = changed) => step(index + 1, change)));
    } catch (error) {
      return failureOf(error);
    }
  };
  return step(0, undefined);
}

import { isPlain } from "./answer.ts";
import type { AnyHandler, Context, HandlerResult } from "./context.ts";
import { Response } from "./fetch/response.ts";
import type { Query } from "./query.ts";
import { readBody, readQuery, type StandardSchema } from "./schema.ts";

/** What a route takes and gives. Of the routes that share a path and a method, the client's headers choose by it. */
export interface RouteShape<Parameters = Query, Body = undefined> {
  /** Types of the content that it takes: "application/json", "image/*", or several. Another one: the next route, or 415. */
  readonly consumes?: string | readonly string[];
  /** The type that it answers with, also where the handler returns text or bytes. Not accepted: the next route, or 406. */
  readonly produces?: string;
  /** A Standard Schema that makes `query` of the parameters behind "?"; 422 for what it refuses. */
  readonly query?: StandardSchema<Parameters>;
  /** A Standard Schema that makes `body` of JSON or of a form; 415, 400 or 422 otherwise. */
  readonly body?: StandardSchema<Body>;
}

/** What the handler of such a route is given. */
export interface ShapedContext<Params, Env, Parameters, Body> extends Context<Params, Env, Parameters> {
  /** What the shape's schema made of the request's content. */
  readonly body: Body;
}

/** Answers the requests of such a route. */
export type ShapedHandler<Params, Env, Parameters, Body> = (
  context: ShapedContext<Params, Env, Parameters, Body>,
) => HandlerResult | Promise<HandlerResult>;

export type AnyShape = RouteShape<unknown, unknown>;

/** Runs the schemas of a shape before its handler, and names the type of what it returns. */
export function shapeHandler({ query, body, produces }: AnyShape, handler: AnyHandler): AnyHandler {
  const type = produces?.startsWith("text/") ? `${produces.toLowerCase()}; charset=utf-8` : produces?.toLowerCase();
  const typed = (result: HandlerResult): HandlerResult => {
    if (type === undefined || !(typeof result === "string" || result instanceof Uint8Array || isPlain(result))) {
      return result;
    }
    return new Response(isPlain(result) ? JSON.stringify(result) : (result as string), {
      headers: { "content-type": type },
    });
  };
  if (query === undefined && body === undefined) {
    if (type === undefined) return handler;
    return (context) => {
      const result = handler(context);
      return result instanceof Promise ? result.then(typed) : typed(result);
    };
  }
  return async (context) => {
    const plain = context as unknown as Context;
    const shaped = {
      __proto__: context,
      query: query === undefined ? plain.query : await readQuery(plain.query, query),
      body: body === undefined ? undefined : await readBody(plain.request, body),
    };
    return typed(await handler(shaped as never));
  };
}

import type { Endpoint } from "@soloist/interface";
import type { Request } from "./fetch/request.ts";
import type { Response } from "./fetch/response.ts";
import type { Html, HtmlStream } from "./html.ts";
import type { HeaderBlock } from "./http/header-block.ts";
import { Query } from "./query.ts";

/** What a handler may return, or promise. `undefined`: 204; text: `text/plain`; bytes: octets; objects and arrays: JSON. */
export type HandlerResult = Response | Html | HtmlStream | string | Uint8Array | object | undefined;

/** Answers the requests of a route. */
export type Handler<Params = Readonly<Record<string, string>>, Env = unknown> = (
  context: Context<Params, Env>,
) => HandlerResult | Promise<HandlerResult>;

/** Where a Context finds the parts of the request that it is for, while it is being answered. */
export interface RequestSource {
  /** Changes with every request. */
  readonly serial: number;
  /** What the app was started with. */
  readonly env: unknown;
  /** The connection that it came over. Its `remote` is formatted when it is asked for: one field is cheaper to hand on. */
  readonly flow?: { readonly remote: Endpoint } | undefined;
  /** The header section that arrived, for who needs no Request. Absent where there is none, or others changed it. */
  readonly block?: HeaderBlock | undefined;
  /** Makes the Request. */
  makeRequest(): Request;
}

/** What a handler is given. Everything but `params` is made when it is asked for. */
export interface Context<Params = Readonly<Record<string, string>>, Env = unknown, Parameters = Query> {
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
  /** The parameters behind "?": decoded anew each time it is asked for; of a route with a schema for them, what it made. */
  readonly query: Parameters;
  /**
   * The other end of the connection: the client, or the proxy that stands before this server. `undefined` for requests made in
   * process.
   */
  readonly remote: Endpoint | undefined;
  /** What all handlers of the app share: `env` of `serve`, and the app's devices. */
  readonly env: Env;
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
  get remote(): Endpoint | undefined {
    return (this as unknown as ContextFields).source.flow?.remote;
  },
  get env(): unknown {
    return (this as unknown as ContextFields).source.env;
  },
  get query(): Query {
    const { target } = this as unknown as ContextFields;
    const mark = target.indexOf("?");
    return new Query(mark < 0 ? "" : target.slice(mark + 1));
  },
};

/** The request's headers, read without making a Request where that is possible. Names in lower case. */
export function headersOfContext(context: Context<unknown>): { get(name: string): string | null } {
  const { made, source, serial } = context as unknown as ContextFields;
  if (made === undefined && source.block !== undefined && source.serial === serial) return source.block;
  return context.request.headers;
}

export type AnyHandler = (context: Context<never, never>) => HandlerResult | Promise<HandlerResult>;

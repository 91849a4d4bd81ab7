import type { Middleware } from "../onion.ts";

export interface LoggerOptions {
  readonly print?: (line: string) => void;
  /** Milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

/** A line for each request: method, path, status, milliseconds. Control bytes of the path are escaped. */
export function logger({ print = console.log, now = () => performance.now() }: LoggerOptions = {}): Middleware {
  return async ({ method, path }, next) => {
    const start = now();
    const response = await next();
    const shown = path.replace(/[^!-~]/g, (unit) => `\\x${unit.charCodeAt(0).toString(16).padStart(2, "0")}`);
    print(`${method} ${shown} ${response.status} ${(now() - start).toFixed(1)} ms`);
    return response;
  };
}

/** Gives each response an `x-request-id`: the request's own if it is a plain one, else one of `make`. */
export function requestId(make: () => string = () => crypto.randomUUID()): Middleware {
  return async ({ request }, next) => {
    const given = request.headers.get("x-request-id");
    const id = given !== null && /^[\w-]{1,64}$/.test(given) ? given : make();
    request.headers.set("x-request-id", id);
    const response = await next();
    response.headers.set("x-request-id", id);
    return response;
  };
}

/** Lets a form's POST stand for PUT, PATCH or DELETE, by the query: `<form method="post" action="/links/7?_method=DELETE">`. */
export function methodOverride(name = "_method"): Middleware {
  return ({ method, query }, next) => {
    const wanted = method === "POST" ? query.get(name)?.toUpperCase() : undefined;
    return wanted === "PUT" || wanted === "PATCH" || wanted === "DELETE" ? next({ method: wanted }) : next();
  };
}

import { Response } from "../fetch/response.ts";
import type { Middleware } from "../onion.ts";

/** What {@link secureHeaders} sends; `false` leaves one out. */
export type SecureHeaders = Readonly<Record<string, string | false>>;

const SECURE: SecureHeaders = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Headers that keep a page from what it does not need. Those that a handler set itself stay. */
export function secureHeaders(changes: SecureHeaders = {}): Middleware {
  const fields = Object.entries({ ...SECURE, ...changes }).filter(
    (field): field is [string, string] => field[1] !== false,
  );
  return async (_context, next) => {
    const response = await next();
    for (const [name, value] of fields) if (!response.headers.has(name)) response.headers.set(name, value);
    return response;
  };
}

/** Cache-Control of responses that have none. */
export function cacheControl(value: string): Middleware {
  return async (_context, next) => {
    const response = await next();
    if (!response.headers.has("cache-control")) response.headers.set("cache-control", value);
    return response;
  };
}

export interface CorsOptions {
  /** Origins that may read answers; "*": all of them, without credentials. */
  readonly origin: "*" | readonly string[];
  /** Default GET, HEAD, POST, PUT, PATCH, DELETE. */
  readonly methods?: readonly string[];
  /** Request headers beyond those that are always allowed. */
  readonly headers?: readonly string[];
  /** Response headers that scripts may read. */
  readonly expose?: readonly string[];
  readonly credentials?: boolean;
  /** Seconds that a browser remembers the permission. Default 600. */
  readonly maxAge?: number;
}

/** Cross-Origin Resource Sharing, as the Fetch standard says. */
export function cors(options: CorsOptions): Middleware {
  const { origin, credentials = false, maxAge = 600 } = options;
  if (origin === "*" && credentials) throw new TypeError('cors: credentials need origins by name, not "*"');
  const methods = (options.methods ?? ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).join(", ");
  return async ({ method, request }, next) => {
    const from = request.headers.get("origin");
    const allowed = origin === "*" ? "*" : from !== null && origin.includes(from) ? from : undefined;
    const preflight = method === "OPTIONS" && request.headers.has("access-control-request-method");
    const response = preflight ? new Response(null, { status: 204 }) : await next();
    const { headers } = response;
    if (origin !== "*") headers.append("vary", "origin");
    if (allowed === undefined) return response;
    headers.set("access-control-allow-origin", allowed);
    if (credentials) headers.set("access-control-allow-credentials", "true");
    if (preflight) {
      headers.set("access-control-allow-methods", methods);
      if (options.headers) headers.set("access-control-allow-headers", options.headers.join(", "));
      headers.set("access-control-max-age", String(maxAge));
    } else if (options.expose) headers.set("access-control-expose-headers", options.expose.join(", "));
    return response;
  };
}

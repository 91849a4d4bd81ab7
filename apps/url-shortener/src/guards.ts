import { csrf, type Middleware, type Response, rateLimit, secureHeaders } from "@soloist/web";
import { fail } from "./api.ts";
import type { Asked, Env } from "./env.ts";

/** No script, no frame, nothing of another site, and forms that go nowhere else. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Changes that are taken from one client. */
export interface Rates {
  /** A minute. */
  readonly changes: number;
  /** In ten minutes. */
  readonly imports: number;
  /** Milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

const RATES: Rates = { changes: 60, imports: 10 };

/** Shows a page with a message. */
export type Say = (context: Asked, status: number, title: string, text: string) => Response;

/** What stands around every route, outermost first. */
export function guards(say: Say, rates: Rates = RATES): Middleware<Env>[] {
  const { now = Date.now } = rates;
  const changes = rateLimit({ limit: rates.changes, seconds: 60, now });
  const imports = rateLimit({ limit: rates.imports, seconds: 600, now });
  return [
    // Without a referrer at all, browsers that know no Sec-Fetch-Site would send "Origin: null" with our own forms.
    secureHeaders({ "content-security-policy": POLICY, "referrer-policy": "same-origin" }),
    readable(say),
    csrf(),
    (context, next) => (isChange(context.method) ? changes(context, next) : next()),
    (context, next) => (isChange(context.method) && context.path.endsWith("/import") ? imports(context, next) : next()),
  ];
}

function isChange(method: string): boolean {
  return method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
}

const TITLES: Readonly<Record<number, string>> = {
  401: "Not for everybody",
  403: "Not allowed",
  404: "Nothing here",
  405: "This does not go",
  413: "Too much",
  429: "Too many at once",
};

const TEXTS: Readonly<Record<number, string>> = {
  401: "This page asks for a password.",
  403: "Requests from other sites change nothing here.",
  429: "Please wait a little, then try again.",
};

/** Gives plain refusals, of the router and of other middleware, a page; programs get JSON. */
function readable(say: Say): Middleware<Env> {
  return async (context, next) => {
    const response = await next();
    const { status, headers } = response;
    if (status < 400 || !headers.get("content-type")?.startsWith("text/plain")) return response;
    const text = TEXTS[status] ?? (await response.text()).trim();
    const shown = context.path.startsWith("/api/")
      ? fail(status, text)
      : say(context, status, TITLES[status] ?? "Something is wrong", text);
    for (const name of ["allow", "retry-after", "www-authenticate"]) {
      const value = headers.get(name);
      if (value !== null) shown.headers.set(name, value);
    }
    return shown;
  };
}

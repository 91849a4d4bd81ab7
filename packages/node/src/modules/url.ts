/** `url`: the standard's classes, and the old `parse` for addresses of servers. */
import { parse as parseQuery } from "./querystring.ts";

const StandardURL = URL;
const StandardParams = URLSearchParams;

export { StandardParams as URLSearchParams, StandardURL as URL };

export interface LegacyUrl {
  protocol: string | null;
  slashes: boolean | null;
  auth: string | null;
  host: string | null;
  port: string | null;
  hostname: string | null;
  hash: string | null;
  search: string | null;
  query: string | null | Record<string, string | string[]>;
  pathname: string | null;
  path: string | null;
  href: string;
}

const PARTS = /^([a-z][a-z0-9+.-]*:)?(\/\/)?(?:([^@/?#]*)@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?([^?#]*)(\?[^#]*)?(#.*)?$/i;

/** Node's `url.parse`, for `scheme://auth@host:port/path?query#hash` and paths. */
export function parse(text: string, withQuery = false): LegacyUrl {
  const authority = /^([a-z][a-z0-9+.-]*:)?\/\//i.test(text);
  const [, scheme, slashes, auth, hostname, port, pathname, search, hash] = authority
    ? (PARTS.exec(text) ?? [])
    : ["", ...(/^([a-z][a-z0-9+.-]*:)?()()()()([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(text) ?? []).slice(1)];
  const query = search?.slice(1) ?? null;
  return {
    protocol: scheme?.toLowerCase() ?? null,
    slashes: slashes ? true : null,
    auth: auth ? decodeURIComponent(auth) : null,
    host: hostname ? hostname.toLowerCase() + (port ? `:${port}` : "") : null,
    port: port || null,
    hostname: hostname ? hostname.toLowerCase().replace(/^\[|\]$/g, "") : null,
    hash: hash ?? null,
    search: search ?? null,
    query: withQuery ? parseQuery(query ?? "") : query,
    pathname: pathname || null,
    path: pathname || search ? `${pathname ?? ""}${search ?? ""}` : null,
    href: text,
  };
}

export function format(value: URL | LegacyUrl): string {
  return value.href;
}

export default { URL: StandardURL, URLSearchParams: StandardParams, parse, format };

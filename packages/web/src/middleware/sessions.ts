import { type CookieOptions, type CookieSealer, parseCookies, setCookie, toBase64Url } from "../cookies.ts";
import type { Request } from "../fetch/request.ts";
import type { Response } from "../fetch/response.ts";

export interface SessionOptions {
  /** Default "session". */
  readonly name?: string;
  /** Seconds that a session lives after it was last saved. Default 86,400. */
  readonly ttl?: number;
  readonly cookie?: Omit<CookieOptions, "maxAge" | "expires">;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** Values that belong to one client. */
export interface Sessions<Value> {
  /** `undefined`: there is none, it is over, or its cookie is not ours. */
  load(request: Request): Promise<Value | undefined>;
  /** Starts the session, or its life anew. */
  save(response: Response, value: Value, request?: Request): Promise<void>;
  end(response: Response, request?: Request): void;
}

/** Characters of a cookie that browsers keep, name and attributes included (RFC 6265 6.1). */
const MAX_COOKIE = 4096;

/**
 * Sessions that live in the client's cookie, sealed: nothing is kept here. `sealer`: {@link sealedCookies}.
 *
 * @throws RangeError from `save` for a value that no cookie has room for.
 */
export function cookieSessions<Value>(sealer: CookieSealer, options: SessionOptions = {}): Sessions<Value> {
  const { name = "session", ttl = 86_400, now = Date.now, cookie = {} } = options;
  return {
    async load(request) {
      const sealed = parseCookies(request.headers.get("cookie")).get(name);
      const text = sealed === undefined ? undefined : await sealer.open(name, sealed);
      if (text === undefined) return undefined;
      const [until, value] = JSON.parse(text) as [number, Value];
      return now() < until ? value : undefined;
    },
    async save(response, value) {
      const sealed = await sealer.seal(name, JSON.stringify([now() + 1000 * ttl, value]));
      const field = setCookie(name, sealed, { ...cookie, maxAge: ttl });
      if (field.length > MAX_COOKIE)
        throw new RangeError(`Session: ${field.length} characters do not fit into a cookie`);
      response.headers.append("set-cookie", field);
    },
    end(response) {
      response.headers.append("set-cookie", setCookie(name, "", { ...cookie, maxAge: 0 }));
    },
  };
}

/** Sessions that live in memory; the cookie holds a random name. Beyond `max` (10,000), the one saved first is forgotten. */
export function memorySessions<Value>(options: SessionOptions & { readonly max?: number } = {}): Sessions<Value> {
  const { name = "session", ttl = 86_400, now = Date.now, cookie = {}, max = 10_000 } = options;
  const kept = new Map<string, { value: Value; until: number }>();
  const idOf = (request: Request | undefined) => parseCookies(request?.headers.get("cookie") ?? null).get(name) ?? "";
  return {
    async load(request) {
      const id = idOf(request);
      const entry = kept.get(id);
      if (entry === undefined) return undefined;
      if (now() < entry.until) return entry.value;
      kept.delete(id);
      return undefined;
    },
    async save(response, value, request) {
      // Always a new name: one that somebody planted before is worth nothing.
      kept.delete(idOf(request));
      const id = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
      kept.set(id, { value, until: now() + 1000 * ttl });
      if (kept.size > max) kept.delete(kept.keys().next().value!);
      response.headers.append("set-cookie", setCookie(name, id, { ...cookie, maxAge: ttl }));
    },
    end(response, request) {
      kept.delete(idOf(request));
      response.headers.append("set-cookie", setCookie(name, "", { ...cookie, maxAge: 0 }));
    },
  };
}

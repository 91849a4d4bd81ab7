import type { Endpoint } from "@soloist/interface";
import { utf8 } from "../bytes.ts";
import { decodeText } from "../fetch/body.ts";
import { endableRequest, limitContent, type Request } from "../fetch/request.ts";
import { Response } from "../fetch/response.ts";
import { HttpError } from "../http-error.ts";
import type { Middleware } from "../onion.ts";

/**
 * Refuses requests that change something and that another site's page made (403). Goes by Sec-Fetch-Site, else by Origin;
 * a client that sends neither is no browser.
 *
 * `origins`: others that may, such as "https://admin.example.com".
 */
export function csrf(origins: readonly string[] = []): Middleware {
  return ({ method, request }, next) => {
    if (method === "GET" || method === "HEAD" || method === "OPTIONS") return next();
    const { headers } = request;
    const origin = headers.get("origin");
    if ((origin !== null && origins.includes(origin)) || !isCrossSite(headers)) return next();
    throw new HttpError(403, "The request comes from another site", { code: "ERR_CSRF" });
  };
}

/**
 * Whether a page of another site made a request: what {@link csrf} refuses, for handlers that word the refusal themselves.
 * Programs that are no browsers send neither header, and carry nobody's credentials.
 */
export function isCrossSite(headers: { get(name: string): string | null }): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = headers.get("origin");
  return origin !== null && origin.replace(/^https?:\/\//, "") !== headers.get("host");
}

/** Compares in a time that depends on the lengths only. */
export function equalSecrets(a: string, b: string): boolean {
  const [left, right] = [utf8(a), utf8(b)];
  let difference = left.length ^ right.length;
  for (let at = 0; at < left.length; at++) difference |= left[at]! ^ (right[at % (right.length || 1)] ?? 0);
  return difference === 0;
}

/** RFC 7617. `check` is given what the client sent; use {@link equalSecrets} in it. */
export function basicAuth(
  check: (user: string, password: string) => boolean | Promise<boolean>,
  realm = "private",
): Middleware {
  const challenge = `Basic realm="${realm.replace(/["\\]/g, "")}", charset="UTF-8"`;
  return async ({ request }, next) => {
    const token = /^basic +([\w+/]+=*) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    let credentials = "";
    try {
      credentials = token === undefined ? "" : decodeText(Uint8Array.from(atob(token), (unit) => unit.charCodeAt(0)));
    } catch {
      // Not base64: nobody's credentials.
    }
    const colon = credentials.indexOf(":");
    if (colon >= 0 && (await check(credentials.slice(0, colon), credentials.slice(colon + 1)))) return next();
    return unauthorized(challenge);
  };
}

/** RFC 6750. `check` is given the token. */
export function bearerAuth(check: (token: string) => boolean | Promise<boolean>, realm = "private"): Middleware {
  const challenge = `Bearer realm="${realm.replace(/["\\]/g, "")}"`;
  return async ({ request }, next) => {
    const token = /^bearer +([\w\-.~+/]+=*) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (token !== undefined && (await check(token))) return next();
    return unauthorized(token === undefined ? challenge : `${challenge}, error="invalid_token"`);
  };
}

function unauthorized(challenge: string): Response {
  return new Response("Unauthorized\n", { status: 401, headers: { "www-authenticate": challenge } });
}

/**
 * Refuses requests with more than `bytes` of content (413): at once by the length that they announce, otherwise while the
 * handler reads. For all requests of a server there is `maxBody` of `serve`; this is for a part of an app.
 */
export function bodyLimit(bytes: number): Middleware {
  return ({ request }, next) => {
    if (Number(request.headers.get("content-length") ?? 0) > bytes) {
      throw new HttpError(413, `The content is larger than ${bytes} bytes`, { code: "ERR_BODY_LIMIT" });
    }
    limitContent(request, bytes);
    return next();
  };
}

/**
 * Answers 503 when there is no answer after `seconds`, and aborts `request.signal`, with the HttpError that is the answer as its
 * reason: a handler that hands the signal on stops there. One that does not goes on; its answer is dropped.
 *
 * @example
 * app.use(timeout(5)).get("/far", ({ request }) => fetch("http://far.example/", { signal: request.signal }));
 */
export function timeout(seconds: number): Middleware {
  return async ({ request }, next) => {
    const end = endableRequest(request);
    let timer: Parameters<typeof clearTimeout>[0];
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), 1000 * seconds);
    });
    const answer = next();
    const response = await Promise.race([answer, late]);
    clearTimeout(timer);
    if (response !== undefined) return response;
    const error = new HttpError(503, "The answer took too long", { code: "ERR_TIMEOUT" });
    end(error);
    // What a late answer holds, such as another server's connection, is let go.
    answer.then((dropped) => dropped.body?.cancel()).catch(() => {});
    throw error;
  };
}

export interface RateLimitOptions {
  /** Requests within `seconds`. */
  readonly limit: number;
  readonly seconds: number;
  /** Whom a request counts for. Default {@link clientOf} the other end of the connection. */
  readonly key?: (request: Request, remote: Endpoint | undefined) => string;
  /** Clients that are remembered; beyond it the oldest is forgotten. Default 10,000. */
  readonly clients?: number;
  /** Milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Whom an address stands for: itself, or the first 64 bits of an IPv6 address, since a host has the other 64 to choose from. Without
 * that, one client could be as many as it likes.
 *
 * @example clientOf("2001:db8::7"); // "2001:db8:0:0"
 */
export function clientOf(address: string): string {
  if (!address.includes(":")) return address;
  // An IPv4 address as hosts with one socket for both show it (RFC 4291 2.5.5.2).
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1]!;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  if (tail !== undefined) while (groups.length + last.length < 8) groups.push("0");
  return [...groups, ...last].slice(0, 4).join(":");
}

const byAddress = (_request: Request, remote: Endpoint | undefined): string => clientOf(remote?.address ?? "");

/** 429 with Retry-After above a rate: each client has a bucket that fills evenly. Memory is bounded by `clients`. */
export function rateLimit(options: RateLimitOptions): Middleware {
  const { limit, seconds, key = byAddress, clients = 10_000, now = Date.now } = options;
  const buckets = new Map<string, { left: number; at: number }>();
  const perToken = (1000 * seconds) / limit;
  return ({ request, remote }, next) => {
    const client = key(request, remote);
    const time = now();
    const bucket = buckets.get(client) ?? { left: limit, at: time };
    bucket.left = Math.min(limit, bucket.left + (time - bucket.at) / perToken);
    bucket.at = time;
    buckets.delete(client);
    buckets.set(client, bucket);
    if (buckets.size > clients) buckets.delete(buckets.keys().next().value!);
    if (bucket.left >= 1) {
      bucket.left--;
      return next();
    }
    const wait = Math.max(1, Math.ceil(((1 - bucket.left) * perToken) / 1000));
    return new Response("Too Many Requests\n", { status: 429, headers: { "retry-after": String(wait) } });
  };
}

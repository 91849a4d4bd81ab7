import type { Content } from "../fetch/body.ts";
import type { Headers } from "../fetch/headers.ts";
import { FetchError } from "./errors.ts";

/** A request on its way through redirections. */
export interface Journey {
  url: URL;
  method: string;
  readonly headers: Headers;
  content: Content | null;
}

/** The Fetch standard, 4.4: more are taken for a loop. */
export const MAX_REDIRECTS = 20;

/** Fields that describe content which is not sent any more. */
const OF_CONTENT = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];
/** Fields that are for one origin only. */
const CREDENTIALS = ["authorization", "cookie", "proxy-authorization"];

export function redirects(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** Turns a request into the one that the redirection asks for, as the Fetch standard's "HTTP-redirect fetch" does. */
export function follow(journey: Journey, status: number, location: string): void {
  const from = journey.url;
  if (!URL.canParse(location, from.href)) {
    throw new FetchError("ERR_REDIRECT", `${from.href} redirects to ${JSON.stringify(location)}, which is no URL`);
  }
  const to = new URL(location, from.href);
  if (to.hash === "") to.hash = from.hash;
  const { method } = journey;
  if (
    ((status === 301 || status === 302) && method === "POST") ||
    (status === 303 && method !== "GET" && method !== "HEAD")
  ) {
    journey.method = "GET";
    journey.content = null;
    for (const name of OF_CONTENT) journey.headers.delete(name);
  } else if (journey.content !== null && !isReplayable(journey.content)) {
    throw new FetchError("ERR_REDIRECT", `${from.href} redirects a request whose stream cannot be sent again`);
  }
  if (to.protocol !== from.protocol || to.host !== from.host) {
    for (const name of CREDENTIALS) journey.headers.delete(name);
  }
  journey.url = to;
}

export function isReplayable(content: Content | null): boolean {
  return content === null || typeof content === "string" || content instanceof Uint8Array;
}

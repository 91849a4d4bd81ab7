import { Response } from "../fetch/response.ts";
import { matchesEtag } from "../negotiate.ts";
import type { Middleware } from "../onion.ts";

/** Responses up to this size get an entity tag; larger ones and streams pass as they are. */
export const MAX_ETAG_BYTES = 1024 * 1024;

/** Gives answers to GET a weak ETag of their content, and answers 304 to a client that has it. RFC 9110 13. */
export function etag(): Middleware {
  return async ({ method, request }, next) => {
    const response = await next();
    if ((method !== "GET" && method !== "HEAD") || response.status !== 200) return response;
    let tagged = response;
    let tag = response.headers.get("etag");
    if (tag === null) {
      const content = response.body?.peek();
      if (content === undefined || content.length > MAX_ETAG_BYTES) return response;
      tag = `W/"${content.length.toString(36)}-${hash(content)}"`;
      response.headers.set("etag", tag);
    }
    if (matchesEtag(request.headers.get("if-none-match") ?? "", tag, false)) {
      tagged = new Response(null, { status: 304, headers: response.headers });
      for (const name of ["content-type", "content-length", "content-encoding"]) tagged.headers.delete(name);
    }
    return tagged;
  };
}

/** Two FNV-1a hashes of 32 bits with different bases: enough for a weak tag, without loading cryptography. */
function hash(content: string | Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let at = 0; at < content.length; at++) {
    const unit = typeof content === "string" ? content.charCodeAt(at) : content[at]!;
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
  }
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
}

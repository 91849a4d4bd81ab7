import { Gzip, gzipSync } from "fflate";
import { utf8 } from "../bytes.ts";
import { Response } from "../fetch/response.ts";
import { acceptedEncoding } from "../negotiate.ts";
import type { Middleware } from "../onion.ts";

const COMPRESSIBLE =
  /^(text\/(?!event-stream)|application\/(json|javascript|xml|[\w.+-]*\+(json|xml)|wasm)|image\/svg\+xml)/i;

const LEVEL = 6;

export interface CompressOptions {
  /** Smaller content is sent as it is. Default 1,024 bytes. */
  readonly minimum?: number;
  /**
   * Larger content is sent as it is: it is compressed at once, and nothing else runs meanwhile. Default 1 MiB. Streams have no
   * such limit, since others run between their pieces.
   */
  readonly maximum?: number;
}

/**
 * Compresses text by gzip for clients that take it; each piece of a stream can be read as soon as it is there. Event streams
 * pass as they are. Brotli is for files that are compressed when the image is built: those of @soloist/crunch.
 */
export function compress({ minimum = 1024, maximum = 1024 * 1024 }: CompressOptions = {}): Middleware {
  return async ({ request }, next) => {
    const response = await next();
    const { headers, status } = response;
    if (!COMPRESSIBLE.test(headers.get("content-type") ?? "") || headers.has("content-encoding")) return response;
    if (status === 206 || /\bno-transform\b/i.test(headers.get("cache-control") ?? "")) return response;
    const { body } = response;
    if (body === null) return response;
    const content = body.peek();
    if (content !== undefined && (content.length < minimum || content.length > maximum)) return response;
    headers.append("vary", "accept-encoding");
    if (acceptedEncoding(request.headers.get("accept-encoding"), ["gzip", "identity"]) !== "gzip") return response;
    const bytes =
      content === undefined
        ? body.carry(gzipped(body))
        : gzipSync(typeof content === "string" ? utf8(content) : content, { level: LEVEL, mtime: 0 });
    headers.set("content-encoding", "gzip");
    // RFC 9110 8.8.3.3: other bytes, so no longer the strong tag of these.
    const etag = headers.get("etag");
    if (etag?.startsWith('"')) headers.set("etag", `W/${etag}`);
    headers.delete("content-length");
    return new Response(bytes, { status, statusText: response.statusText, headers });
  };
}

/** Compressed piece by piece. Behind each stands an empty block, so that the client need not wait for the next one. */
async function* gzipped(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  const made: Uint8Array[] = [];
  const gzip = new Gzip({ level: LEVEL, mtime: 0 }, (piece) => {
    if (piece.length > 0) made.push(piece);
  });
  for await (const piece of stream) {
    if (piece.length === 0) continue;
    gzip.push(piece);
    gzip.flush(true);
    yield* made.splice(0);
  }
  gzip.push(new Uint8Array(0), true);
  yield* made;
}

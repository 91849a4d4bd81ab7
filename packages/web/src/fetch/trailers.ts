import type { BodyStream, Content } from "./body.ts";
import { Headers, type HeadersInit } from "./headers.ts";

/** Fields that come behind a stream's content (RFC 9110 6.5), `undefined` before its end. */
export const TRAILERS: unique symbol = Symbol("soloist.web.trailers");

/** A stream that has trailers. */
export interface TrailedStream extends BodyStream {
  [TRAILERS](): Headers | undefined;
}

export function isTrailed(content: Content | null): content is TrailedStream {
  return typeof content === "object" && content !== null && TRAILERS in content;
}

/** The trailers of content that was read to its end; none before. */
export function trailersOf(content: Content | null): Headers {
  return (isTrailed(content) ? content[TRAILERS]() : undefined) ?? new Headers();
}

/**
 * A body with trailers: `fields` is asked for them once the stream has ended. They are sent in chunks to clients that say `TE:
 * trailers`, and to others not at all (RFC 9110 6.5.1): what everybody must know does not belong there.
 *
 * @example
 * new Response(withTrailers(rows(), () => ({ "x-rows": String(count) })));
 */
export function withTrailers(stream: BodyStream, fields: () => HeadersInit): BodyStream {
  const trailed: TrailedStream = {
    [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator](),
    [TRAILERS]: () => new Headers(fields()),
  };
  return trailed;
}

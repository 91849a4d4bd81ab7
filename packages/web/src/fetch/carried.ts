import type { BodyStream, Content } from "./body.ts";
import { isTrailed, TRAILERS, type TrailedStream } from "./trailers.ts";

/** Told by who reads a stream as a whole how many bytes more it keeps. @throws HttpError 503 when the server has no room for them */
export const HOLD: unique symbol = Symbol("soloist.web.hold");

/** A stream whose source bounds how much of it is kept. */
export interface HeldStream extends BodyStream {
  [HOLD](bytes: number): void;
}

function isHeld(content: object): content is HeldStream {
  return HOLD in content;
}

/** Counts `bytes` of `content` that are kept in memory. */
export function hold(content: Content | null, bytes: number): void {
  if (typeof content === "object" && content !== null && isHeld(content)) content[HOLD](bytes);
}

/** `made` of `content`, with what stands behind and around that: its trailers, and the bound on what is kept of it. */
export function carried(content: Content | undefined, made: BodyStream): BodyStream {
  if (typeof content !== "object" || content instanceof Uint8Array) return made;
  const trailed = isTrailed(content) ? content : undefined;
  const held = isHeld(content) ? content : undefined;
  if (trailed === undefined && held === undefined) return made;
  const stream: BodyStream & Partial<TrailedStream & HeldStream> = {
    [Symbol.asyncIterator]: () => made[Symbol.asyncIterator](),
  };
  if (trailed !== undefined) stream[TRAILERS] = () => trailed[TRAILERS]();
  if (held !== undefined) stream[HOLD] = (bytes) => held[HOLD](bytes);
  return stream;
}

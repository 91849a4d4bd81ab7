import type { BodyStream } from "./fetch/body.ts";
import type { Headers } from "./fetch/headers.ts";
import { TRAILERS } from "./fetch/trailers.ts";
import { HttpError } from "./http-error.ts";

/** Where content is read from: a session. */
export interface ContentSource {
  /** The next piece; `undefined` at the end. */
  readContent(body: IncomingBody): Promise<Uint8Array | undefined>;
}

/** Content that is read from the connection when it is asked for, so that a slow handler slows its client down. */
export class IncomingBody implements BodyStream {
  readonly #source: ContentSource;
  /** Fields behind the content, once it was read to its end. */
  trailers: Headers | undefined = undefined;

  constructor(source: ContentSource) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    for (;;) {
      const piece = await this.#source.readContent(this);
      if (piece === undefined) return;
      yield piece;
    }
  }

  [TRAILERS](): Headers | undefined {
    return this.trailers;
  }
}

export function cutShort(): HttpError {
  return new HttpError(400, "The request's content was cut short", { code: "ERR_CUT_SHORT" });
}

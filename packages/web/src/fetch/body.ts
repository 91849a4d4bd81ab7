import { bytes, utf8 } from "../bytes.ts";
import { HttpError } from "../http-error.ts";
import type { Blob } from "./blob.ts";
import { carried, hold } from "./carried.ts";
import type { FormData } from "./form-data.ts";

/** Content that arrives, or is made, piece by piece. */
export type BodyStream = AsyncIterable<Uint8Array | string>;

/** What a Request or Response is made of. ReadableStream's BYOB mode: not supported. */
export type BodyInit =
  | string
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | BodyStream
  | StreamLike
  | ParametersLike
  | Blob
  | FormData;

/** A ReadableStream of anybody's making. */
export interface StreamLike {
  getReader(): {
    read(): Promise<{ done: boolean; value?: unknown }>;
    cancel?(reason?: unknown): Promise<void>;
    releaseLock?(): void;
  };
}

/** A WritableStream of anybody's making. */
export interface WritableLike {
  getWriter(): {
    readonly ready: Promise<unknown>;
    write(piece: Uint8Array): Promise<void>;
    close(): Promise<void>;
    abort(reason?: unknown): Promise<void>;
  };
}

/** URLSearchParams. Named by its shape, so that an image which does not use it need not carry it. */
export interface ParametersLike {
  getAll(name: string): string[];
  toString(): string;
}

/** What Blob and FormData have for this: an image without them need not carry how they are encoded. */
export const ENCODE: unique symbol = Symbol("soloist.web.encode");

interface Encodable {
  [ENCODE](): { content: Content; type: string | undefined };
}

function isEncodable(init: object): init is Encodable {
  return ENCODE in init;
}

/** Content as this package keeps it. */
export type Content = string | Uint8Array | BodyStream;

/** How deep JSON from the network may be nested: the engine's parser recurses on a bounded stack. */
export const MAX_JSON_DEPTH = 256;

const TEXT_TYPE = "text/plain;charset=UTF-8";
const FORM_TYPE = "application/x-www-form-urlencoded;charset=UTF-8";

/**
 * The `body` of a Request or Response: its content, taken when somebody begins to read it. An async iterable with as much of
 * a ReadableStream as middleware uses: `getReader()`, `pipeThrough()`, `pipeTo()`, `tee()`, `cancel()`. Given to a new
 * Response it moves over as it is, text as text.
 */
export class BodyView implements AsyncIterable<Uint8Array>, StreamLike {
  readonly #take: () => Content;
  readonly #known: Content | undefined;
  #locked = false;

  constructor(take: () => Content, known?: Content) {
    this.#take = take;
    this.#known = known;
  }

  /** The content where it is known already, without taking it: not a stream's. Never write to it. */
  peek(): string | Uint8Array | undefined {
    const known = this.#known;
    return typeof known === "string" || known instanceof Uint8Array ? known : undefined;
  }

  /** A stream that is made of this one, with its trailers. */
  carry(made: BodyStream): BodyStream {
    return carried(this.#known, made);
  }

  /** Moves the content to a new owner. */
  take(): Content {
    return this.#take();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    const content = this.#take();
    if (typeof content === "string") yield utf8(content);
    else if (content instanceof Uint8Array) yield content;
    else for await (const piece of content) yield typeof piece === "string" ? utf8(piece) : piece;
  }

  /** Whether somebody reads it already. */
  get locked(): boolean {
    return this.#locked;
  }

  async pipeTo(destination: WritableLike): Promise<void> {
    const writer = destination.getWriter();
    try {
      for await (const piece of this) {
        await writer.ready;
        await writer.write(piece);
      }
    } catch (error) {
      await writer.abort(error);
      throw error;
    }
    await writer.close();
  }

  pipeThrough<Readable>(pair: { readonly readable: Readable; readonly writable: WritableLike }): Readable {
    // Whoever reads the other end is told of a failure by that end.
    this.pipeTo(pair.writable).catch(() => {});
    return pair.readable;
  }

  /** Two of the same content; a stream is read in full for it. */
  tee(): [BodyView, BodyView] {
    const content = this.take();
    const both = typeof content === "string" || content instanceof Uint8Array ? content : shared(content);
    return [new BodyView(() => both), new BodyView(() => both)];
  }

  /** Gives the content up. */
  async cancel(): Promise<void> {
    const content = this.take();
    if (typeof content === "string" || content instanceof Uint8Array) return;
    await content[Symbol.asyncIterator]().return?.();
  }

  getReader(): ReturnType<StreamLike["getReader"]> {
    this.#locked = true;
    const iterator = this[Symbol.asyncIterator]();
    return {
      read: async () => {
        const { done, value } = await iterator.next();
        return done === true ? { done, value: undefined } : { done: false, value };
      },
      cancel: async () => {
        await iterator.return(undefined);
      },
      releaseLock: () => {},
    };
  }
}

/** The content of `init`, taken as the Fetch standard's "extract a body" does. */
export function contentOf(init: BodyInit): Content {
  if (typeof init === "string" || init instanceof Uint8Array) return init;
  if (init instanceof ArrayBuffer) return new Uint8Array(init);
  if (ArrayBuffer.isView(init)) return new Uint8Array(init.buffer, init.byteOffset, init.byteLength);
  if (init instanceof BodyView) return init.take();
  if (typeof init === "object" && init !== null) {
    if (typeof (init as BodyStream)[Symbol.asyncIterator] === "function") return init as BodyStream;
    if (typeof (init as StreamLike).getReader === "function") return iterate(init as StreamLike);
    if (isParameters(init)) return init.toString();
    if (isEncodable(init)) return init[ENCODE]().content;
    const kind = (init as { [Symbol.toStringTag]?: string })[Symbol.toStringTag];
    if (kind === "FormData" || kind === "Blob" || kind === "File") {
      throw new TypeError(`A body of type ${kind} that this package did not make is not supported`);
    }
  }
  return String(init);
}

/** The Content-Type that such a body implies; `undefined` for bytes and streams. */
export function contentTypeOf(init: BodyInit): string | undefined {
  if (typeof init === "string") return TEXT_TYPE;
  if (typeof init !== "object" || init instanceof Uint8Array) return undefined;
  if (isParameters(init)) return FORM_TYPE;
  return isEncodable(init) ? init[ENCODE]().type : undefined;
}

/** A stream that may be read twice: read in full the first time. */
export function shared(content: BodyStream): BodyStream {
  let whole: Promise<Uint8Array> | undefined;
  return carried(content, {
    async *[Symbol.asyncIterator]() {
      whole ??= readContent(content);
      yield await whole;
    },
  });
}

function isParameters(init: unknown): init is ParametersLike {
  return (
    typeof init === "object" &&
    init !== null &&
    typeof (init as ParametersLike).getAll === "function" &&
    (init as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === "URLSearchParams"
  );
}

async function* iterate(stream: StreamLike): AsyncGenerator<Uint8Array | string, undefined> {
  const reader = stream.getReader();
  let done = false;
  try {
    for (;;) {
      const piece = await reader.read();
      done = piece.done;
      if (done) return;
      yield piece.value as Uint8Array | string;
    }
  } finally {
    if (!done) await reader.cancel?.();
    reader.releaseLock?.();
  }
}

/** All of the content, in one piece. */
export async function readContent(content: Content | null): Promise<Uint8Array<ArrayBuffer>> {
  if (content === null) return new Uint8Array(0);
  if (typeof content === "string") return utf8(content);
  if (content instanceof Uint8Array) return content.slice();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of content) {
    const part = typeof piece === "string" ? utf8(piece) : piece;
    if (!(part instanceof Uint8Array)) throw new TypeError("A body's stream holds strings and Uint8Arrays only");
    hold(content, part.length);
    pieces.push(part);
    length += part.length;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** As `text()` of the Fetch standard: UTF-8 without its byte order mark. */
export function decodeText(content: Uint8Array): string {
  const mark = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf ? 3 : 0;
  return bytes.utf8Decode(content, mark, content.length - mark);
}

/** As `json()` of a Response: what is wrong with it is a SyntaxError, as in the Fetch standard, and no answer to anybody. */
export function parseJson(content: Uint8Array): unknown {
  if (content.length > MAX_JSON_DEPTH && isTooDeep(content)) {
    throw new SyntaxError(`JSON is nested deeper than ${MAX_JSON_DEPTH}`);
  }
  return JSON.parse(decodeText(content));
}

/**
 * As `json()` of a request, with nesting bounded.
 *
 * @throws HttpError 400 for text that is not JSON, or nested deeper than {@link MAX_JSON_DEPTH}.
 */
export function decodeJson(content: Uint8Array): unknown {
  if (content.length > MAX_JSON_DEPTH && isTooDeep(content)) {
    throw new HttpError(400, `The request's JSON is nested deeper than ${MAX_JSON_DEPTH}`, { code: "ERR_JSON_DEPTH" });
  }
  const text = decodeText(content);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HttpError(400, "The request's content is not JSON", { cause, code: "ERR_JSON" });
  }
}

const STRUCTURE = new Uint8Array(256);
for (const character of '[]{}"') STRUCTURE[character.charCodeAt(0)] = 1;
const STRING_END = new Uint8Array(256);
for (const character of '"\\') STRING_END[character.charCodeAt(0)] = 1;

function isTooDeep(content: Uint8Array): boolean {
  const end = content.length;
  let depth = 0;
  for (let at = bytes.findInSet(content, STRUCTURE, 0, end); at >= 0; ) {
    const byte = content[at++]!;
    if (byte === 0x22) {
      for (;;) {
        const stop = bytes.findInSet(content, STRING_END, at, end - at);
        if (stop < 0) return false;
        at = stop + (content[stop] === 0x5c ? 2 : 1);
        if (at > end) return false;
        if (content[stop] === 0x22) break;
      }
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MAX_JSON_DEPTH) return true;
    } else {
      depth--;
    }
    if (at >= end) return false;
    at = bytes.findInSet(content, STRUCTURE, at, end - at);
  }
  return false;
}

import { bytes, utf8 } from "../bytes.ts";
import { HttpError } from "../http-error.ts";
import { type Content, decodeText, readContent } from "./body.ts";
import { carried } from "./carried.ts";

/** Bytes of one part's header section at most. */
export const MAX_PART_HEAD = 8 * 1024;

/** A part of a form that is read as it arrives. RFC 7578. */
export interface Part {
  readonly name: string;
  /** As the client calls it; not a path to trust. `undefined`: a field without a file. */
  readonly filename: string | undefined;
  /** Content-Type; `text/plain` when there is none. */
  readonly type: string;
  /** The content, once, before the next part is asked for. What is not read is skipped. */
  readonly body: AsyncIterable<Uint8Array>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
}

/** The boundary of a multipart type; `undefined` for another type. RFC 2046 5.1.1: 1 to 70 characters. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^\s*multipart\/form-data\s*;/i.test(contentType)) return undefined;
  const match = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/**
 * The parts of a `multipart/form-data` content, one after another, without holding any of them.
 *
 * @throws HttpError 415 for another type, 400 for content that is broken or cut short.
 * @example
 * for await (const part of parseParts(request.headers.get("content-type"), request.body)) {
 *   for await (const piece of part.body) length += piece.length;
 * }
 */
export async function* parseParts(
  contentType: string | null,
  content: Content | null,
): AsyncGenerator<Part, undefined> {
  const boundary = boundaryOf(contentType ?? "");
  if (boundary === undefined) {
    throw new HttpError(415, "The content is not a form", { code: "ERR_NOT_A_FORM" });
  }
  const reader = new MultipartReader(content, boundary);
  for (;;) {
    const part = await reader.next();
    if (part === undefined) return;
    yield part;
  }
}

async function* pieces(content: Content | null): AsyncGenerator<Uint8Array, undefined> {
  if (content === null) return;
  if (typeof content === "string") yield utf8(content);
  else if (content instanceof Uint8Array) yield content;
  else for await (const piece of content) yield typeof piece === "string" ? utf8(piece) : piece;
}

class MultipartReader {
  readonly #content: Content | null;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #delimiter: Uint8Array;
  /** Unread bytes; the line break that a first boundary may lack is put in front. */
  #buffer: Uint8Array = Uint8Array.of(13, 10);
  #inBody = true;
  #ended = false;
  #serial = 0;

  constructor(content: Content | null, boundary: string) {
    this.#content = content;
    this.#source = pieces(content);
    this.#delimiter = utf8(`\r\n--${boundary}`);
  }

  async next(): Promise<Part | undefined> {
    while (this.#inBody) await this.#piece();
    if (this.#ended) return undefined;
    // Behind a boundary: "--" ends the form, a line break begins a part; spaces may stand between (RFC 2046 5.1.1).
    await this.#atLeast(2);
    if (this.#buffer[0] === 0x2d && this.#buffer[1] === 0x2d) {
      this.#ended = true;
      return undefined;
    }
    const head = await this.#head();
    this.#inBody = true;
    const serial = ++this.#serial;
    const disposition = field(head, "content-disposition") ?? "";
    const parameters = parametersOf(disposition);
    const name = parameters.get("name");
    if (!/^form-data\s*(;|$)/i.test(disposition) || name === undefined) throw broken("A part of the form has no name");
    const body = { [Symbol.asyncIterator]: () => this.#body(serial) };
    const kept = carried(this.#content ?? undefined, body);
    return {
      name,
      filename: parameters.get("filename"),
      type: field(head, "content-type") ?? "text/plain",
      body,
      bytes: () => readContent(kept),
      text: async () => decodeText(await readContent(kept)),
    };
  }

  async *#body(serial: number): AsyncGenerator<Uint8Array, undefined> {
    if (serial !== this.#serial) throw new TypeError("The part was passed already");
    while (this.#inBody && serial === this.#serial) {
      const piece = await this.#piece();
      if (piece !== undefined && piece.length > 0) yield piece;
    }
  }

  /** The next piece of the content before a boundary; `undefined` once the boundary was passed. */
  async #piece(): Promise<Uint8Array | undefined> {
    const size = this.#delimiter.length;
    await this.#atLeast(size);
    const buffer = this.#buffer;
    const end = find(buffer, this.#delimiter);
    if (end === 0) {
      this.#buffer = buffer.subarray(size);
      this.#inBody = false;
      return undefined;
    }
    // What may be the beginning of a boundary stays.
    const length = end > 0 ? end : buffer.length - size + 1;
    this.#buffer = buffer.subarray(length);
    return buffer.slice(0, length);
  }

  /** The header lines of a part. */
  async #head(): Promise<string[]> {
    for (let size = 0; ; ) {
      const buffer = this.#buffer;
      const end = find(buffer, EMPTY_LINE);
      if (end > MAX_PART_HEAD || (end < 0 && buffer.length > MAX_PART_HEAD))
        throw broken("A part's headers are too long");
      if (end >= 0) {
        this.#buffer = buffer.subarray(end + 4);
        const lines = decodeText(buffer.subarray(0, end)).split("\r\n");
        if (!/^[\t ]*$/.test(lines[0]!)) throw broken("Something stands behind a boundary");
        return lines.slice(1);
      }
      size = buffer.length + 1;
      await this.#atLeast(size);
    }
  }

  async #atLeast(length: number): Promise<void> {
    while (this.#buffer.length < length) {
      const { done, value } = await this.#source.next();
      if (done === true) throw broken("The form was cut short");
      if (this.#buffer.length === 0) this.#buffer = value;
      else {
        const joined = new Uint8Array(this.#buffer.length + value.length);
        joined.set(this.#buffer);
        joined.set(value, this.#buffer.length);
        this.#buffer = joined;
      }
    }
  }
}

const EMPTY_LINE = Uint8Array.of(13, 10, 13, 10);

/** Where `wanted` begins, which begins with CR; -1: nowhere. */
function find(buffer: Uint8Array, wanted: Uint8Array): number {
  const last = buffer.length - wanted.length;
  for (let at = 0; at <= last; at++) {
    at = bytes.findByte(buffer, 13, at, last + 1 - at);
    if (at < 0) return -1;
    if (bytes.equal(buffer, at, wanted, 0, wanted.length)) return at;
  }
  return -1;
}

function field(lines: readonly string[], name: string): string | undefined {
  const line = lines.find((text) => text.slice(0, name.length + 1).toLowerCase() === `${name}:`);
  return line?.slice(name.length + 1).trim();
}

const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g;

/**
 * The parameters of a Content-Disposition by their names in lower case; of equal ones the first. Taken from left to right, so
 * that what stands between quotes is never one. Browsers write `"` as %22, curl as \"; RFC 7578 4.2.
 */
function parametersOf(disposition: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of disposition.matchAll(PARAMETER)) {
    const key = name!.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted === undefined ? plain! : unquoted(quoted));
  }
  return parameters;
}

function unquoted(text: string): string {
  return text
    .replace(/\\(["\\])/g, "$1")
    .replace(/%22/g, '"')
    .replace(/%0D/g, "\r")
    .replace(/%0A/g, "\n");
}

function broken(message: string): HttpError {
  return new HttpError(400, message, { code: "ERR_MULTIPART" });
}

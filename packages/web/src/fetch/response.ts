import { Blob } from "./blob.ts";
import {
  type BodyInit,
  BodyView,
  type Content,
  contentOf,
  contentTypeOf,
  decodeText,
  readContent,
  shared,
} from "./body.ts";
import { decodeForm, type FormData } from "./form-data.ts";
import { Headers, type HeadersInit } from "./headers.ts";

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

/** What a server hands a response to, without the standard's promises and without an object in between. */
export interface ResponseSink {
  /**
   * `headers`: the response's own, if any were given or asked for; they hold the Content-Type then. `contentType`: what the
   * body implies otherwise.
   */
  send(
    status: number,
    statusText: string,
    headers: Headers | undefined,
    contentType: string | undefined,
    content: Content | null,
  ): void;
}

let sendTo: (response: Response, sink: ResponseSink) => void;

/**
 * The Fetch standard's Response. Its headers are made when given or asked for: one with a string and nothing else costs no
 * more than its fields.
 *
 * A body may also be an async iterable of strings and Uint8Arrays, which is sent as it comes.
 *
 * @example
 * new Response(JSON.stringify(links), { status: 201, headers: { "content-type": "application/json" } });
 */
export class Response {
  readonly status: number;
  readonly statusText: string;
  #headers: Headers | undefined = undefined;
  #contentType: string | undefined = undefined;
  #content: Content | null = null;
  #used = false;

  constructor(body?: BodyInit | null, init?: ResponseInit) {
    if (init === undefined) {
      this.status = 200;
      this.statusText = "";
    } else {
      const status = init.status === undefined ? 200 : Number(init.status);
      if (!(status >= 200 && status <= 599 && Number.isInteger(status))) {
        throw new RangeError(`Response: status ${init.status} is not between 200 and 599`);
      }
      this.status = status;
      this.statusText = init.statusText === undefined ? "" : reasonPhrase(init.statusText);
      if (init.headers !== undefined) this.#headers = new Headers(init.headers);
    }
    if (body === undefined || body === null) return;
    if (this.status === 204 || this.status === 205 || this.status === 304) {
      throw new TypeError(`Response: status ${this.status} has no body`);
    }
    this.#content = contentOf(body);
    const type = contentTypeOf(body);
    if (type === undefined) return;
    if (this.#headers === undefined) this.#contentType = type;
    else if (!this.#headers.has("content-type")) this.#headers.set("content-type", type);
  }

  static {
    sendTo = (response, sink) => {
      const content = response.#take();
      sink.send(response.status, response.statusText, response.#headers, response.#contentType, content);
    };
  }

  /** A response with `data` as JSON. */
  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("Response.json: the value has no JSON form");
    if (init?.headers === undefined) {
      const response = new Response(text, init);
      response.#contentType = "application/json";
      return response;
    }
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(text, { ...init, headers });
  }

  /** A redirection. The location is sent as it is given: relative ones are allowed. */
  static redirect(url: string | { toString(): string }, status = 302): Response {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Response: ${status} does not redirect`);
    return new Response(null, { status, headers: { location: String(url) } });
  }

  get headers(): Headers {
    if (this.#headers === undefined) {
      this.#headers = new Headers();
      if (this.#contentType !== undefined) this.#headers.set("content-type", this.#contentType);
    }
    return this.#headers;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get type(): "default" {
    return "default";
  }

  get url(): string {
    return "";
  }

  get redirected(): boolean {
    return false;
  }

  /** The content piece by piece; `null` when there is none. An async iterable with `getReader()`, not all of a ReadableStream. */
  get body(): BodyView | null {
    return this.#content === null ? null : new BodyView(() => this.#take() as Content, this.#content);
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  get [Symbol.toStringTag](): string {
    return "Response";
  }

  #take(): Content | null {
    if (this.#used) throw new TypeError("The response's body was already used");
    if (this.#content !== null) this.#used = true;
    return this.#content;
  }

  async text(): Promise<string> {
    const content = this.#take();
    return typeof content === "string" ? content : decodeText(await readContent(content));
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in the Fetch standard's own types
  async json(): Promise<any> {
    return JSON.parse(await this.text());
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return readContent(this.#take());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await readContent(this.#take())).buffer;
  }

  /**
   * The content as a form. For large files, read the parts as they arrive: `parseParts`.
   *
   * @throws HttpError 415 for content that is no form, 413 for one with too many fields, 400 for a broken one.
   */
  async formData(): Promise<FormData> {
    const content = this.#take();
    const read = async () => (typeof content === "string" ? content : decodeText(await readContent(content)));
    return decodeForm(this.headers.get("content-type"), content, read);
  }

  async blob(): Promise<Blob> {
    const type = this.headers.get("content-type") ?? "";
    return new Blob([await readContent(this.#take())], { type });
  }

  clone(): Response {
    if (this.#used) throw new TypeError("The response's body was already used");
    const content = this.#content;
    if (content !== null && typeof content !== "string" && !(content instanceof Uint8Array))
      this.#content = shared(content);
    const copy = new Response(null, { status: this.status, statusText: this.statusText });
    copy.#headers = this.#headers === undefined ? undefined : new Headers(this.#headers);
    copy.#contentType = this.#contentType;
    copy.#content = this.#content;
    return copy;
  }
}

/** Hands a response over; its body counts as used then. */
export function sendResponse(response: Response, sink: ResponseSink): void {
  sendTo(response, sink);
}

/** RFC 9112 4: a reason phrase holds no controls. */
function reasonPhrase(text: string): string {
  const phrase = String(text);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(phrase)) throw new TypeError("Response: invalid statusText");
  return phrase;
}

import { utf8 } from "../bytes.ts";
import { Blob } from "./blob.ts";
import { type Content, decodeText, readContent } from "./body.ts";
import { decodeForm, type FormData } from "./form-data.ts";
import type { Headers } from "./headers.ts";

/** Gives the content away, once. */
export const TAKE: unique symbol = Symbol("soloist.web.take");

/** What has a body: Request and Response. */
export interface BodyOwner {
  readonly headers: Headers;
  /** @throws TypeError when the content is gone already. */
  [TAKE](): Content | null;
}

/** The Fetch standard's Body, as far as it reads the content at once. */
export interface BodyMethods {
  text(): Promise<string>;
  /** Nesting is bounded: the engine's parser recurses. */
  // biome-ignore lint/suspicious/noExplicitAny: as in the Fetch standard's own types
  json(): Promise<any>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  arrayBuffer(): Promise<ArrayBuffer>;
  /**
   * The content as a form. For large files, read the parts as they arrive: `parseParts`.
   *
   * @throws HttpError 415 for content that is no form, 413 for one with too many fields, 400 for a broken one.
   */
  formData(): Promise<FormData>;
  blob(): Promise<Blob>;
}

/**
 * What `decode` makes of the content. Without `async`, since most content is there when it is asked for: 0.6 us less than with a
 * function that could wait.
 */
function whole<T>(owner: BodyOwner, decode: (content: Uint8Array) => T, decodeString: (text: string) => T): Promise<T> {
  try {
    const content = owner[TAKE]();
    if (content instanceof Uint8Array) return Promise.resolve(decode(content));
    if (typeof content === "string") return Promise.resolve(decodeString(content));
    return readContent(content).then(decode);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Puts these methods into a class. Not a base class: one would make each Request and Response dearer by the call of its
 * constructor, whether its body is read or not.
 */
export function addBodyMethods(prototype: BodyOwner, parseJson: (content: Uint8Array) => unknown): void {
  const methods: BodyMethods & ThisType<BodyOwner & BodyMethods> = {
    text() {
      return whole(this, decodeText, (text) => text);
    },
    json() {
      return whole(this, parseJson, (text) => parseJson(utf8(text)));
    },
    async bytes() {
      return readContent(this[TAKE]());
    },
    async arrayBuffer() {
      return (await readContent(this[TAKE]())).buffer;
    },
    async formData() {
      const content = this[TAKE]();
      const read = async () => (typeof content === "string" ? content : decodeText(await readContent(content)));
      return decodeForm(this.headers.get("content-type"), content, read);
    },
    async blob() {
      const type = this.headers.get("content-type") ?? "";
      return new Blob([await readContent(this[TAKE]())], { type });
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

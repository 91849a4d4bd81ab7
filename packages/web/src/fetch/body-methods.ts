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
 * Puts these methods into a class. Not a base class: one would make each Request and Response dearer by the call of its
 * constructor, whether its body is read or not.
 */
export function addBodyMethods(prototype: BodyOwner, parseJson: (content: Uint8Array) => unknown): void {
  const methods: BodyMethods & ThisType<BodyOwner & BodyMethods> = {
    async text() {
      const content = this[TAKE]();
      if (typeof content === "string") return content;
      return decodeText(content instanceof Uint8Array ? content : await readContent(content));
    },
    async json() {
      const content = this[TAKE]();
      return parseJson(content instanceof Uint8Array ? content : await readContent(content));
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

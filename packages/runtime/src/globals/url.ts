/// <reference path="../native-engine.d.ts" />
import { URL as EngineURL } from "native:engine/url";
import { CUSTOM } from "../inspect.ts";
import { onParamsChange, replaceParams, URLSearchParams } from "../standards/url-search-params.ts";

/** URL of the URL Standard: the engine's parser, with `searchParams` and `URL.parse`, which it lacks. */
export class URL extends EngineURL {
  #params: URLSearchParams | undefined;

  constructor(url: string | URL, base?: string | URL) {
    if (base === undefined) super(String(url));
    else super(String(url), String(base));
  }

  static override canParse(url: string | URL, base?: string | URL): boolean {
    return base === undefined ? EngineURL.canParse(String(url)) : EngineURL.canParse(String(url), String(base));
  }

  static parse(url: string | URL, base?: string | URL): URL | null {
    return makeIfValid(url, base);
  }

  get searchParams(): URLSearchParams {
    if (this.#params === undefined) {
      const params = new URLSearchParams(super.search);
      onParamsChange(params, () => {
        super.search = params.toString();
      });
      this.#params = params;
    }
    return this.#params;
  }

  override get href(): string {
    return super.href;
  }
  override set href(value: string) {
    super.href = value;
    this.#updateParams();
  }

  override get search(): string {
    return super.search;
  }
  override set search(value: string) {
    super.search = value;
    this.#updateParams();
  }

  #updateParams(): void {
    if (this.#params !== undefined) replaceParams(this.#params, super.search.slice(1));
  }

  /** For console. */
  [CUSTOM](_depth: number, _options: unknown, inspect: (value: unknown) => string): string {
    return `URL { href: ${inspect(this.href)} }`;
  }

  get [Symbol.toStringTag](): string {
    return "URL";
  }
}

/** Outside the class, because bundlers rename a class that names itself, and people see the name. */
function makeIfValid(url: string | URL, base: string | URL | undefined): URL | null {
  return URL.canParse(url, base) ? new URL(url, base) : null;
}

export { URL as "globalThis.URL" };

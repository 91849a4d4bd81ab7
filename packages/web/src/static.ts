import { type Context, headersOfContext } from "./context.ts";
import { Headers } from "./fetch/headers.ts";
import { knownResponse, Response } from "./fetch/response.ts";
import { HeaderBlock } from "./http/header-block.ts";
import { parseRanges } from "./http/ranges.ts";
import { HttpError } from "./http-error.ts";
import { acceptedEncoding, matchesEtag } from "./negotiate.ts";

/** One representation of a file. */
export interface StaticVariant {
  readonly encoding: string;
  readonly bytes: Uint8Array;
  /** Strong, with its quotes. */
  readonly etag: string;
}

/** A file as the reader of @soloist/crunch gives it. */
export interface StaticFile {
  readonly type: string;
  /** HTTP-date. */
  readonly lastModified: string;
  /** Seconds since the epoch. */
  readonly modified: number;
  readonly identity: StaticVariant;
  /** All of them, smallest first. */
  readonly variants: readonly StaticVariant[];
}

/** Files by path; paths begin with "/". */
export interface StaticFiles {
  lookup(path: string): StaticFile | undefined;
}

export interface StaticOptions {
  /** Sent for a folder. Default "index.html". */
  readonly index?: string;
  /** A file that answers GET of every unknown path without a dot in its last segment: for apps that route in the browser. */
  readonly fallback?: string;
  /** Cache-Control of names that hold a hash of 8 or more characters, and of addresses of {@link assetUrl}. Default a year, immutable. */
  readonly hashed?: string;
  /** Cache-Control of other names. Default "no-cache": kept, and asked about each time. */
  readonly cacheControl?: string;
}

/** Characters of an entity tag in a versioned address: 60 bits of a hash. */
const VERSION_LENGTH = 10;

function versionOf(etag: string): string {
  return etag.replace(/^W\/|"/g, "").slice(0, VERSION_LENGTH);
}

/**
 * The address of a file that changes with its content, so that clients may keep it for ever: {@link staticFiles} says so to
 * those that ask for the version that there is. `prefix`: what stands before the files' paths.
 *
 * @throws what `files.file` does for a path without a file; with a crunched folder that is a compile error too.
 * @example html`<link rel="stylesheet" href="${assetUrl(assets, "/style.css", "/assets")}">` // /assets/style.css?v=AV1EfkLsLx
 */
export function assetUrl<Path extends string>(
  files: { file(path: Path): { readonly identity: StaticVariant } },
  path: NoInfer<Path>,
  prefix = "",
): string {
  const address = path.split("/").map(encodeURIComponent).join("/");
  return `${prefix}${address}?v=${versionOf(files.file(path).identity.etag)}`;
}

/** "app-3fe9A0c1.js", "style.0123abcd.css": a digit among the characters tells a hash from a word. */
const HASHED = /[.-](?=[\w-]*\d)[\w]{8,}\.\w+$/;

/**
 * A handler that serves files: for a route that ends with `*path`. Knows compressed variants by q-values, conditional
 * requests, ranges, index files and folders. Paths are looked up, never resolved: nothing leads out.
 *
 * @example
 * import assets from "crunch:./public";
 * app.get("/*path", staticFiles(assets));
 */
export function staticFiles(
  files: StaticFiles,
  options: StaticOptions = {},
): (context: Context<{ readonly path: string }>) => Response {
  const {
    index = "index.html",
    fallback,
    hashed = "public, max-age=31536000, immutable",
    cacheControl = "no-cache",
  } = options;
  /** Headers of whole files, which are the same in every answer: Cache-Control, then the variant. */
  const isHashed = new WeakMap<StaticFile, boolean>();
  const headersFor = [hashed, cacheControl].map((text) => ({ text, byVariant: new WeakMap<StaticVariant, Headers>() }));
  return (context) => {
    const { params, path, target } = context;
    // A slash that is encoded belongs to a name (RFC 3986 2.2), and no file's name has one.
    if (path.includes("%") && /%2f/i.test(path)) throw new HttpError(404, "Not Found");
    const wanted = `/${params.path}`;
    let name = wanted.endsWith("/") ? wanted + index : wanted;
    let file = files.lookup(name);
    if (file === undefined && !wanted.endsWith("/") && files.lookup(`${wanted}/${index}`) !== undefined) {
      // Relative, and of the last segment only: a path that begins with "//" cannot become another host.
      const last = path.slice(path.lastIndexOf("/") + 1);
      return new Response(null, { status: 301, headers: { location: `./${last}/` } });
    }
    if (file === undefined && fallback !== undefined && !/\.[^/]*$/.test(wanted)) {
      name = fallback;
      file = files.lookup(fallback);
    }
    if (file === undefined) throw new HttpError(404, "Not Found");
    const headers = headersOfContext(context);
    const variant = variantFor(file, headers.get("accept-encoding"));
    let forEver = isHashed.get(file);
    if (forEver === undefined) {
      forEver = HASHED.test(name);
      isHashed.set(file, forEver);
    }
    const kept = headersFor[forEver || isVersioned(target, path, file) ? 0 : 1]!;
    if (headers instanceof HeaderBlock && !headers.conditional) {
      let whole = kept.byVariant.get(variant);
      if (whole === undefined) {
        whole = new Headers(fieldsFor(file, variant, kept.text));
        kept.byVariant.set(variant, whole);
      }
      return knownResponse(200, variant.bytes, undefined, whole);
    }
    const fields = fieldsFor(file, variant, kept.text);

    // RFC 9110 13.2.2: the order of preconditions.
    const match = headers.get("if-match");
    if (match !== null) {
      if (!matchesEtag(match, variant.etag, true)) return new Response(null, { status: 412 });
    } else {
      const unmodified = seconds(headers.get("if-unmodified-since"));
      if (unmodified !== undefined && file.modified > unmodified) return new Response(null, { status: 412 });
    }
    const noneMatch = headers.get("if-none-match");
    const since = noneMatch === null ? seconds(headers.get("if-modified-since")) : undefined;
    if (
      noneMatch !== null ? matchesEtag(noneMatch, variant.etag, false) : since !== undefined && file.modified <= since
    ) {
      delete fields["content-type"];
      return new Response(null, { status: 304, headers: fields });
    }
    const range = headers.get("range");
    const condition = headers.get("if-range");
    const applies = condition === null || condition === variant.etag || condition === file.lastModified;
    if (range === null || !applies || context.request.method !== "GET")
      return new Response(variant.bytes, { headers: fields });
    return ranged(variant.bytes, range, fields);
  };
}

function variantFor(file: StaticFile, accepted: string | null): StaticVariant {
  const { variants, identity } = file;
  if (accepted === null || variants.length === 1) return identity;
  const encoding = acceptedEncoding(
    accepted,
    variants.map((variant) => variant.encoding),
  );
  return variants.find((candidate) => candidate.encoding === encoding) ?? identity;
}

function fieldsFor(file: StaticFile, variant: StaticVariant, cacheControl: string): Record<string, string> {
  const fields: Record<string, string> = {
    "content-type": file.type,
    etag: variant.etag,
    "last-modified": file.lastModified,
    "cache-control": cacheControl,
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
  };
  if (file.variants.length > 1) fields.vary = "accept-encoding";
  if (variant.encoding !== "identity") fields["content-encoding"] = variant.encoding;
  return fields;
}

/** An older version's address gets the file as it is now, to be asked about again. */
function isVersioned(target: string, path: string, file: StaticFile): boolean {
  return target.startsWith("?v=", path.length) && target.slice(path.length + 3) === versionOf(file.identity.etag);
}

function ranged(bytes: Uint8Array, header: string, fields: Record<string, string>): Response {
  const size = bytes.length;
  const ranges = parseRanges(header, size);
  if (ranges === undefined) return new Response(bytes, { headers: fields });
  if (ranges.length === 0) return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
  if (ranges.length === 1) {
    const [{ start, end }] = ranges as [{ start: number; end: number }];
    fields["content-range"] = `bytes ${start}-${end - 1}/${size}`;
    return new Response(bytes.subarray(start, end), { status: 206, headers: fields });
  }
  const type = fields["content-type"];
  // A boundary that ends a part too early would only cut the client's own view: lengths are in each part's Content-Range.
  const boundary = `soloist-${fields.etag!.replace(/\W/g, "")}`;
  fields["content-type"] = `multipart/byteranges; boundary=${boundary}`;
  const parts = async function* () {
    for (const { start, end } of ranges) {
      yield `\r\n--${boundary}\r\ncontent-type: ${type}\r\ncontent-range: bytes ${start}-${end - 1}/${size}\r\n\r\n`;
      yield bytes.subarray(start, end);
    }
    yield `\r\n--${boundary}--\r\n`;
  };
  return new Response(parts(), { status: 206, headers: fields });
}

/** `undefined` for what is no date: such a condition is ignored. */
function seconds(date: string | null): number | undefined {
  const time = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

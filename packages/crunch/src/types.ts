import type { FileStat, ReadFs } from "@soloist/interface";

/** One representation of a file, as an HTTP server sends it. */
export interface Variant {
  /** Value of Content-Encoding; `identity`: none. */
  readonly encoding: "identity" | "gzip" | "br";
  /** In the image, not a copy. Never write to it. */
  readonly bytes: Uint8Array;
  /** Strong: differs whenever these bytes differ, so each variant has its own (RFC 9110 8.8.3.3). With its quotes. */
  readonly etag: string;
}

/** A file of an archive. */
export interface Asset extends FileStat {
  /** Value of Content-Type. */
  readonly type: string;
  /** HTTP-date (RFC 9110 5.6.7), ready for Last-Modified. */
  readonly lastModified: string;
  /** The same in seconds since 1970-01-01T00:00:00Z. */
  readonly modified: number;
  /** The file as it is: the same bytes as `identity.bytes`. */
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly identity: Variant;
  /** Compressed ones exist only where they are smaller. */
  readonly gzip: Variant | undefined;
  readonly br: Variant | undefined;
  /** All of them, smallest first. */
  readonly variants: readonly Variant[];
}

/**
 * The files of an archive. `Path` is the union of their paths where the types were generated, so that the name of a file that
 * does not exist is a compile error in `file`, `text`, `slice` and `chunks`; `lookup`, `stat` and `read` take any path.
 *
 * Paths start with "/", compare byte by byte and have no "." or ".." in them: nothing leads out.
 */
export interface Assets<Path extends string = string> extends ReadFs {
  /** Number of files. */
  readonly count: number;
  /** Throws a SoloistError, `ENOENT`, when there is none. */
  file(path: Path): Asset;
  lookup(path: string): Asset | undefined;
  /** In the order of their paths' UTF-8 bytes. */
  list(): Iterable<Asset>;
  /** The file as UTF-8. Decoded anew by each call. */
  text(path: Path): string;
  /** Bytes from `start` up to, not including, `end` (default: the end of the file). Throws `ERANGE` when they are not in the file. */
  slice(path: Path, start: number, end?: number): Uint8Array;
  /**
   * A range in pieces of at most `size` bytes (65,536), without a copy: for streams.
   *
   * @example ReadableStream.from(assets.chunks("/film.webm"))
   */
  chunks(path: Path, options?: { size?: number; start?: number; end?: number }): Iterable<Uint8Array>;
}

/** What one client may ask for. Each limit is answered with the status beside it. */
export interface Limits {
  /** Bytes of a request line with its CRLF; 414. RFC 9112 3 recommends at least 8,000. */
  readonly maxRequestLine: number;
  /** Bytes of a header section with the empty line that ends it, and of a trailer section; 431. */
  readonly maxHeaderBytes: number;
  /** Field lines in a header section; 431. */
  readonly maxHeaders: number;
  /** Bytes of a request's content; 413. */
  readonly maxBody: number;
  /** Bytes of a chunk's size line with its extensions; 400. Extensions have no use, but cost memory (RFC 9112 7.1.1). */
  readonly maxChunkLine: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxRequestLine: 8 * 1024,
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  maxBody: 1024 * 1024,
  maxChunkLine: 256,
};

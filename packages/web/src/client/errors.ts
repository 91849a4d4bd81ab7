/**
 * Why a fetch failed. A TypeError, as the Fetch standard's network errors are; `code` says what happened: that of the
 * network (`ECONNREFUSED`, `ENOTFOUND`…), or
 *
 * - `ERR_TLS`: an https URL; images have no TLS yet
 * - `ERR_URL`: a URL that is none, of another scheme, or with user information
 * - `ERR_REDIRECT`: a redirection that is not followed: to no URL, with content that cannot be sent again, as `redirect:
 *   "error"` asks, or the 21st
 * - `ERR_RESPONSE`: an answer that is not HTTP/1.1, or over a limit; `cause.code` says which rule it breaks
 * - `ERR_CUT_SHORT`: the connection ended before the answer did
 * - `ERR_CONTENT_CODING`: compressed content that is broken
 * - `ERR_STALLED`: the server was silent for `stallTimeout`
 */
export class FetchError extends TypeError {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.name = "FetchError";
  }
}

/** `error` as a fetch rejects with it. */
export function fetchError(error: unknown, url: string): FetchError {
  if (error instanceof FetchError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return new FetchError(typeof code === "string" ? code : "ERR_FETCH", `${url}: ${message}`, { cause: error });
}

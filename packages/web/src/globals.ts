/**
 * The web-standard classes of this package under their global names. The toolchain puts them into an app that uses
 * `Request`, `Response` or `Headers` without importing them.
 */
export { Headers } from "./fetch/headers.ts";
export { Request } from "./fetch/request.ts";
export { Response } from "./fetch/response.ts";

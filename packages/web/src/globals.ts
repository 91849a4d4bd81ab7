/**
 * The web-standard classes of this package under their global names. The toolchain puts them into an app that uses
 * `Request`, `Response`, `FormData`… without importing them. Streams have a file of their own, `globals/streams.ts`.
 */
export { Blob, File } from "./fetch/blob.ts";
export { FormData } from "./fetch/form-data.ts";
export { Headers } from "./fetch/headers.ts";
export { Request } from "./fetch/request.ts";
export { Response } from "./fetch/response.ts";

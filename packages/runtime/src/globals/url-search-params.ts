export { URLSearchParams, URLSearchParams as "globalThis.URLSearchParams" } from "../standards/url-search-params.ts";

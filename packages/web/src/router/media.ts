import { parseQualities } from "../negotiate.ts";

/** The content that a route takes and gives, for routes that share a path and a method. */
export interface Media {
  /** Types without parameters, lower case; a subtype may be "*". `undefined`: any. */
  readonly consumes: readonly string[] | undefined;
  /** `undefined`: any. */
  readonly produces: string | undefined;
}

/** Content-Type without its parameters, lower case; "" when there is none. */
export function essenceOf(contentType: string | null): string {
  if (contentType === null) return "";
  const semicolon = contentType.indexOf(";");
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/** Whether a type is one of `ranges`. */
export function fitsType(type: string, ranges: readonly string[]): boolean {
  const whole = `${type.slice(0, type.indexOf("/"))}/*`;
  return ranges.some((range) => range === type || range === whole || range === "*/*");
}

/** How much a client wants a type, 0 to 1; 0: not at all. The most exact range counts (RFC 9110 12.5.1). */
export function acceptedQuality(accept: string | null, type: string): number {
  if (accept === null || accept.trim() === "") return 1;
  const qualities = parseQualities(accept);
  return qualities.get(type) ?? qualities.get(`${type.slice(0, type.indexOf("/"))}/*`) ?? qualities.get("*/*") ?? 0;
}

/** @throws TypeError for what is no media type. */
export function mediaOf(consumes: string | readonly string[] | undefined, produces: string | undefined): Media {
  const list = consumes === undefined ? undefined : (typeof consumes === "string" ? [consumes] : consumes).map(checked);
  return { consumes: list, produces: produces === undefined ? undefined : checked(produces) };
}

function checked(type: string): string {
  if (!/^[\w.+-]+\/([\w.+-]+|\*)$|^\*\/\*$/.test(type)) throw new TypeError(`${JSON.stringify(type)} is no media type`);
  return type.toLowerCase();
}

import { type PathParams, parsePattern } from "./pattern.ts";

/**
 * The path that a route's pattern stands for, its parameters percent-encoded: the way back from a route to a link.
 *
 * @throws TypeError for a parameter that is missing, empty, or not of its type.
 * @example
 * url("/links/:id{int}/tags/:tag?", { id: 7, tag: "a b" }); // "/links/7/tags/a%20b"
 */
export function url<const Path extends string>(pattern: Path, params: NoInfer<PathParams<Path>>): string {
  const values = params as Readonly<Record<string, string | number | undefined>>;
  let path = "";
  for (const { kind, text, convert, optional } of parsePattern(pattern)) {
    if (kind === "static") {
      path += `/${encodeURIComponent(text)}`;
      continue;
    }
    const value = values[text];
    if (value === undefined && optional) continue;
    const given = value === undefined ? "" : String(value);
    if ((given === "" && kind === "param") || (convert !== undefined && convert(given) === undefined)) {
      throw new TypeError(`url: ${JSON.stringify(pattern)} needs a right ${text}, not ${JSON.stringify(value)}`);
    }
    // A segment of dots would be resolved away by whoever follows the link.
    if (/^\.{1,2}$/.test(given)) throw new TypeError(`url: ${JSON.stringify(given)} cannot be a segment of a path`);
    path += `/${kind === "rest" ? given.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(given)}`;
  }
  return path;
}

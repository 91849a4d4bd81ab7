/** Names of the parameters in a path pattern. */
type NamesIn<Pattern extends string> = Pattern extends `${infer Segment}/${infer Rest}`
  ? NameOf<Segment> | NamesIn<Rest>
  : NameOf<Pattern>;

type NameOf<Segment extends string> = Segment extends `:${infer Name}`
  ? Name
  : Segment extends `*${infer Name}`
    ? Name extends ""
      ? "*"
      : Name
    : never;

/**
 * The parameters that a path pattern gives to its handler.
 *
 * @example
 * type P = PathParams<"/users/:id/files/*path">; // { readonly id: string; readonly path: string }
 */
export type PathParams<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string>>
  : { readonly [Name in NamesIn<Pattern>]: string };

/** One piece of a pattern: a literal, a parameter (`:name`), or the rest of the path (`*name`). */
export interface Segment {
  readonly kind: "static" | "param" | "rest";
  /** The literal, decoded; or the name. */
  readonly text: string;
}

/**
 * Parses "/users/:id/files/*path". Literals are compared after percent-decoding, and so are written decoded.
 *
 * @throws TypeError for a pattern that does not start with "/", names a parameter twice or not at all, or has something
 * behind "*".
 */
export function parsePattern(pattern: string): readonly Segment[] {
  if (!pattern.startsWith("/")) throw new TypeError(`Route ${JSON.stringify(pattern)} does not start with "/"`);
  const names = new Set<string>();
  const parts = pattern.slice(1).split("/");
  return parts.map((part, index) => {
    if (!part.startsWith(":") && !part.startsWith("*")) return { kind: "static", text: part } as const;
    const rest = part.startsWith("*");
    const name = rest && part === "*" ? "*" : part.slice(1);
    if (name !== "*" && !/^[A-Za-z_$][\w$]*$/.test(name)) {
      throw new TypeError(`Route ${JSON.stringify(pattern)}: ${JSON.stringify(part)} names no parameter`);
    }
    if (name === "__proto__") throw new TypeError(`Route ${JSON.stringify(pattern)}: __proto__ cannot be a parameter`);
    if (names.has(name)) throw new TypeError(`Route ${JSON.stringify(pattern)} names ${JSON.stringify(name)} twice`);
    if (rest && index !== parts.length - 1) {
      throw new TypeError(`Route ${JSON.stringify(pattern)}: nothing can follow ${JSON.stringify(part)}`);
    }
    names.add(name);
    return { kind: rest ? "rest" : "param", text: name } as const;
  });
}

/** Types that a path's parameter may have: `:id{int}`. A segment that is none of it does not fit the route. */
export interface ConvertedTypes {
  /** A whole number of at most 15 digits. */
  int: number;
  /** A finite decimal number. */
  number: number;
  /** 8-4-4-4-12 hexadecimal digits, given in lower case. */
  uuid: string;
}

const CONVERTERS: { readonly [Name in keyof ConvertedTypes]: (text: string) => ConvertedTypes[Name] | undefined } = {
  int: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined),
  number: (text) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined),
  uuid: (text) => (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text.toLowerCase() : undefined),
};

export type Converter = (text: string) => string | number | undefined;

type Unmarked<Segment extends string> = Segment extends `${infer Text}?` ? Text : Segment;

type NameOf<Text extends string> = Text extends `${infer Name}{${string}}` ? Name : Text;

type TypeOf<Text extends string> = Text extends `${string}{${infer Type}}`
  ? Type extends keyof ConvertedTypes
    ? ConvertedTypes[Type]
    : never
  : string;

/** `:id{int}` as `{ id: number }`, `:tag?` as `{ tag?: string }`, `*rest` as `{ rest: string }`. */
type ParamOf<Segment extends string> = Segment extends `:${infer Text}`
  ? Text extends `${string}?`
    ? { readonly [Name in NameOf<Unmarked<Text>>]?: TypeOf<Unmarked<Text>> }
    : { readonly [Name in NameOf<Text>]: TypeOf<Text> }
  : Segment extends `*${infer Name}`
    ? { readonly [Key in Name extends "" ? "*" : Name]: string }
    : unknown;

type ParamsIn<Pattern extends string> = Pattern extends `${infer Segment}/${infer Rest}`
  ? ParamOf<Segment> & ParamsIn<Rest>
  : ParamOf<Pattern>;

/**
 * The parameters that a path pattern gives to its handler.
 *
 * @example
 * type P = PathParams<"/users/:id{int}/files/*path">; // { readonly id: number; readonly path: string }
 */
export type PathParams<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string>>
  : { readonly [Name in keyof ParamsIn<Pattern>]: ParamsIn<Pattern>[Name] };

/** One piece of a pattern: a literal, a parameter (`:name`), or the rest of the path (`*name`). */
export interface Segment {
  readonly kind: "static" | "param" | "rest";
  /** The literal, decoded; or the name. */
  readonly text: string;
  readonly convert?: Converter;
  /** Only the last segment may be. */
  readonly optional?: true;
}

/**
 * Parses "/users/:id{int}/files/*path". Literals are compared after percent-decoding, and so are written decoded.
 *
 * @throws TypeError for a pattern that does not start with "/", names a parameter twice or not at all, has something behind
 * "*" or ":name?", or a type that there is not.
 */
export function parsePattern(pattern: string): readonly Segment[] {
  if (!pattern.startsWith("/")) throw new TypeError(`Route ${JSON.stringify(pattern)} does not start with "/"`);
  const names = new Set<string>();
  const parts = pattern.slice(1).split("/");
  return parts.map((part, index) => {
    if (!part.startsWith(":") && !part.startsWith("*")) return { kind: "static", text: part } as const;
    const rest = part.startsWith("*");
    const optional = !rest && part.endsWith("?");
    const typed = rest ? null : /^:([^{]*)\{([^}]*)\}\??$/.exec(part);
    const name = rest && part === "*" ? "*" : (typed?.[1] ?? part.slice(1, optional ? -1 : undefined));
    if (name !== "*" && !/^[A-Za-z_$][\w$]*$/.test(name)) {
      throw new TypeError(`Route ${JSON.stringify(pattern)}: ${JSON.stringify(part)} names no parameter`);
    }
    if (name === "__proto__") throw new TypeError(`Route ${JSON.stringify(pattern)}: __proto__ cannot be a parameter`);
    if (names.has(name)) throw new TypeError(`Route ${JSON.stringify(pattern)} names ${JSON.stringify(name)} twice`);
    if ((rest || optional) && index !== parts.length - 1) {
      throw new TypeError(`Route ${JSON.stringify(pattern)}: nothing can follow ${JSON.stringify(part)}`);
    }
    names.add(name);
    if (typed !== null && !Object.hasOwn(CONVERTERS, typed[2]!)) {
      throw new TypeError(`Route ${JSON.stringify(pattern)}: there is no type ${JSON.stringify(typed[2])}`);
    }
    return {
      kind: rest ? "rest" : "param",
      text: name,
      ...(typed === null ? {} : { convert: CONVERTERS[typed[2] as keyof ConvertedTypes] }),
      ...(optional ? { optional: true as const } : {}),
    } as const;
  });
}

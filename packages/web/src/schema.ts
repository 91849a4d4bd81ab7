import type { Request } from "./fetch/request.ts";
import { HttpError } from "./http-error.ts";
import type { Query } from "./query.ts";

/** Standard Schema, version 1 (standardschema.dev): what zod, valibot and arktype make. */
export interface StandardSchema<Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type Result<Output> = { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

/** `value` as the schema makes it. @throws HttpError 422 with its complaints. */
export async function validate<Output>(schema: StandardSchema<Output>, value: unknown, what: string): Promise<Output> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const lines = result.issues.map(({ message, path }) => {
    const place = path?.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return place ? `${place}: ${message}` : message;
  });
  throw new HttpError(422, `The ${what} is not as it should be:\n${lines.join("\n")}`, { code: "ERR_SCHEMA" });
}

/**
 * A request's content, as a schema makes it: JSON, or the fields of a form (repeated ones as an array).
 *
 * @throws HttpError 415 for another type, 400 for content that cannot be read, 422 for what the schema refuses.
 * @example
 * const link = await readBody(request, z.object({ url: z.url(), clicks: z.coerce.number() }));
 */
export async function readBody<Output>(request: Request, schema: StandardSchema<Output>): Promise<Output> {
  const type = request.headers.get("content-type") ?? "";
  if (/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) return validate(schema, await request.json(), "content");
  return validate(schema, gathered(await request.formData()), "form");
}

/** The query, as a schema makes it. @throws HttpError 422 for what the schema refuses. */
export function readQuery<Output>(query: Query, schema: StandardSchema<Output>): Promise<Output> {
  return validate(schema, gathered(query), "query");
}

function gathered<Value>(pairs: Iterable<readonly [string, Value]>): Record<string, Value | Value[]> {
  const found = new Map<string, Value | Value[]>();
  for (const [name, value] of pairs) {
    const before = found.get(name);
    if (before === undefined) found.set(name, value);
    else if (Array.isArray(before)) before.push(value);
    else found.set(name, [before, value]);
  }
  return Object.fromEntries(found);
}

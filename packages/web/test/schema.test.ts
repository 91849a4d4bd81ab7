import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { createApp, type StandardSchema } from "../src/index.ts";

interface Search {
  page: number;
  tags: string[];
}
interface Link {
  url: string;
  clicks: number;
}

const list = (value: unknown) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** The same by three libraries: text of queries and forms becomes what the types say. */
const libraries: readonly (readonly [name: string, search: StandardSchema<Search>, link: StandardSchema<Link>])[] = [
  [
    "zod",
    z.object({ page: z.coerce.number().int(), tags: z.preprocess(list, z.array(z.string())) }),
    z.object({ url: z.url(), clicks: z.coerce.number().int() }),
  ],
  [
    "valibot",
    v.object({
      page: v.pipe(v.string(), v.transform(Number), v.integer()),
      tags: v.optional(
        v.pipe(
          v.union([v.string(), v.array(v.string())]),
          v.transform((value) => list(value) as string[]),
        ),
        [],
      ),
    }),
    v.object({
      url: v.pipe(v.string(), v.url()),
      clicks: v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer()),
    }),
  ],
  [
    "arktype",
    type({
      page: "string.integer.parse",
      "tags?": type("string | string[]").pipe((value) => list(value) as string[]),
    }).pipe(({ page, tags = [] }) => ({ page, tags })),
    type({ url: "string.url", clicks: "string.integer.parse | number.integer" }),
  ],
];

describe.each(libraries)("Standard Schema by %s", (_name, search, link) => {
  const app = createApp()
    .get("/search", { query: search }, ({ query }) => ({ next: query.page + 1, tags: query.tags }))
    .post("/links", { body: link }, ({ body }) => ({ url: body.url, next: body.clicks + 1 }));
  const post = (body: string, type = "application/json") =>
    app.request("/links", { method: "POST", headers: { "content-type": type }, body });

  it("coerces queries", async () => {
    expect(await (await app.request("/search?page=41&tags=a&tags=b")).json()).toEqual({ next: 42, tags: ["a", "b"] });
    expect(await (await app.request("/search?page=-1")).json()).toEqual({ next: 0, tags: [] });
  });

  it("coerces forms, and takes JSON", async () => {
    const expected = { url: "https://example.com/", next: 8 };
    expect(await (await post('{"url":"https://example.com/","clicks":7}')).json()).toEqual(expected);
    const form = "url=https%3A%2F%2Fexample.com%2F&clicks=7";
    expect(await (await post(form, "application/x-www-form-urlencoded")).json()).toEqual(expected);
  });

  it.each([
    ["a query that does not fit", () => app.request("/search?page=x"), 422, /page/],
    ["a query without what is needed", () => app.request("/search"), 422, /page/],
    ["content that does not fit", () => post('{"url":"no","clicks":7}'), 422, /url/],
    ["content that is no JSON", () => post("{"), 400, /JSON/],
    ["content of another type", () => post("x", "text/csv"), 415, /./],
  ])("%s is refused", async (_what, ask, status, why) => {
    const response = await ask();
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(why);
  });
});

it("types: what a library infers is what the handler is given", () => {
  createApp()
    .post(
      "/",
      { body: z.object({ a: z.coerce.number() }) },
      ({ body }) => expectTypeOf(body).toEqualTypeOf<{ a: number }>() as never,
    )
    .post(
      "/",
      { body: v.object({ a: v.pipe(v.string(), v.transform(Number)) }) },
      ({ body }) => expectTypeOf(body).toEqualTypeOf<{ a: number }>() as never,
    )
    .post(
      "/",
      { body: type({ a: "string.integer.parse" }) },
      ({ body }) => expectTypeOf(body).toEqualTypeOf<{ a: number }>() as never,
    );
});

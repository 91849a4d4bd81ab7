import { describe, expectTypeOf, test } from "vitest";
import { createApp, type PathParams, type Request } from "../src/index.ts";

describe("types: the path types its parameters", () => {
  test("PathParams", () => {
    expectTypeOf<PathParams<"/">>().toEqualTypeOf<Readonly<Record<never, string>>>();
    expectTypeOf<PathParams<"/hello/:name">>().toEqualTypeOf<{ readonly name: string }>();
    expectTypeOf<PathParams<"/users/:id/posts/:post/comments">>().toEqualTypeOf<{
      readonly id: string;
      readonly post: string;
    }>();
    expectTypeOf<PathParams<"/files/:owner/*path">>().toEqualTypeOf<{
      readonly owner: string;
      readonly path: string;
    }>();
    expectTypeOf<PathParams<"/all/*">>().toEqualTypeOf<{ readonly "*": string }>();
    expectTypeOf<PathParams<string>>().toEqualTypeOf<Readonly<Record<string, string>>>();
  });

  test("handlers", () => {
    createApp()
      .get("/hello/:name", ({ params, request }) => {
        expectTypeOf(params).toEqualTypeOf<{ readonly name: string }>();
        expectTypeOf(request).toEqualTypeOf<Request>();
        // @ts-expect-error: there is no such parameter
        params.nmae;
        return params.name;
      })
      .post("/a", async ({ params }) => {
        expectTypeOf(params).toEqualTypeOf<Readonly<Record<never, string>>>();
        return { ok: true };
      })
      // @ts-expect-error: a number is no answer
      .get("/n", () => 7);
  });
});

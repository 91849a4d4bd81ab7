import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type App,
  assetUrl,
  createApp,
  type FetchApp,
  type Middleware,
  type PathParams,
  type Query,
  type Request,
  type StaticFile,
  serve,
  url,
} from "../src/index.ts";
import { MemoryListener } from "./memory-flow.ts";

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

describe("types: env and devices", () => {
  test("handlers and middleware see what serve has to be given", () => {
    const app = createApp<{ disk: string }>()
      .use(({ env }, next) => {
        expectTypeOf(env).toEqualTypeOf<{ disk: string }>();
        return next();
      })
      .get("/:id{int}", ({ env, params }) => {
        expectTypeOf(env).toEqualTypeOf<{ disk: string }>();
        expectTypeOf(params.id).toEqualTypeOf<number>();
        // @ts-expect-error: there is no such thing in env
        env.disc;
      });
    const listener = new MemoryListener();
    listener.close();
    // @ts-expect-error: env is missing
    serve(listener, app);
    // @ts-expect-error: env is missing
    serve(listener, app, {});
    // @ts-expect-error: env is another one
    serve(listener, app, { env: { disk: 7 } });
    serve(listener, app, { env: { disk: "" } });
    // @ts-expect-error: env is missing
    app.request("/");
    app.request("/", undefined, { disk: "" });
    serve(listener, createApp());
    createApp().request("/");
    const foreign: FetchApp = { fetch: () => new globalThis.Response() };
    serve(listener, foreign);
    serve(listener, foreign, { env: 7 });
  });

  test("devices add to env, for handlers and for later devices, not to what serve is given", async () => {
    const app = createApp<{ disk: string }>()
      .device("store", async ({ disk }) => ({ disk }))
      .device("count", ({ store }) => store.disk.length)
      .get("/", ({ env }) => {
        expectTypeOf(env.store).toEqualTypeOf<{ disk: string }>();
        expectTypeOf(env.count).toEqualTypeOf<number>();
      });
    expectTypeOf(app.start).parameter(0).toEqualTypeOf<{ disk: string }>();
    expectTypeOf<Awaited<ReturnType<typeof app.start>>["env"]["count"]>().toEqualTypeOf<number>();
  });

  test("a sub-app fits where its env is there", () => {
    const sub: App<{ disk: string }> = createApp<{ disk: string }>();
    createApp<{ disk: string; more: number }>().route("/", sub).host("a", sub);
    // @ts-expect-error: no disk
    createApp<{ more: number }>().route("/", sub);
    // @ts-expect-error: no disk
    createApp().host("a", sub);
    createApp<{ more: number }>().route("/", createApp());
    const plain: Middleware = (_context, next) => next();
    sub.use(plain);
  });
});

describe("types: shapes of routes", () => {
  test("schemas type query and body; without them they are the plain ones", () => {
    createApp<{ disk: string }>()
      .post(
        "/:id{int}",
        { query: z.object({ page: z.coerce.number() }), body: z.object({ url: z.string() }) },
        ({ params, query, body, env }) => {
          expectTypeOf(params).toEqualTypeOf<{ readonly id: number }>();
          expectTypeOf(query).toEqualTypeOf<{ page: number }>();
          expectTypeOf(body).toEqualTypeOf<{ url: string }>();
          expectTypeOf(env).toEqualTypeOf<{ disk: string }>();
        },
      )
      .get("/", { produces: "text/html" }, ({ query, body }) => {
        expectTypeOf(query).toEqualTypeOf<Query>();
        expectTypeOf(body).toEqualTypeOf<undefined>();
      });
  });
});

describe("types: addresses", () => {
  test("url takes what the pattern's parameters are", () => {
    expectTypeOf(url<"/a/:id{int}/:tag?">)
      .parameter(1)
      .toEqualTypeOf<{ readonly id: number; readonly tag?: string }>();
    // @ts-expect-error: no text for a number
    url("/a/:id{int}", { id: "7" });
  });

  test("assetUrl takes the paths of the folder", () => {
    const file = { identity: { encoding: "identity", bytes: new Uint8Array(0), etag: '"a"' } } as StaticFile;
    const assets = { file: (_path: "/a.css" | "/b.js") => file };
    assetUrl(assets, "/a.css");
    // @ts-expect-error: there is no such file
    assetUrl(assets, "/c.css");
  });
});

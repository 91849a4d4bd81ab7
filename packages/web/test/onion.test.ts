import { describe, expect, expectTypeOf, it } from "vitest";
import { createApp, HttpError, type PathParams, url } from "../src/index.ts";

describe("middleware", () => {
  it("wraps in order of declaration, and sees the answer to what no route answers", async () => {
    const steps: string[] = [];
    const app = createApp()
      .use(async (_context, next) => {
        steps.push("in 1");
        const response = await next();
        steps.push(`out 1: ${response.status}`);
        return response;
      })
      .use((_context, next) => {
        steps.push("in 2");
        return next();
      })
      .get("/", () => "x")
      .get("/broken", () => {
        throw new HttpError(409, "no");
      });
    expect(await (await app.request("/")).text()).toBe("x");
    await app.request("/none");
    await app.request("/broken");
    expect(steps).toEqual(["in 1", "in 2", "out 1: 200", "in 1", "in 2", "out 1: 404", "in 1", "in 2", "out 1: 409"]);
  });

  it("may answer by itself, and shares the Request with the handler", async () => {
    const app = createApp()
      .use(({ path, request }, next) => {
        request.headers.set("x-user", "ada");
        return path === "/closed" ? "answered outside" : next();
      })
      .post("/", async ({ request }) => `${request.headers.get("x-user")} ${await request.text()}`)
      .get("/closed", () => "never");
    expect(await (await app.request("/closed")).text()).toBe("answered outside");
    expect(await (await app.request("/", { method: "POST", body: "hi" })).text()).toBe("ada hi");
  });
});

describe("parts of an app", () => {
  it("route brings another app's routes and its middleware, for them only", async () => {
    const sub = createApp()
      .use(async ({ request }, next) => {
        const response = await next();
        response.headers.set("x-sub", request.method);
        return response;
      })
      .get("/", () => "all")
      .get("/:id{int}", ({ params }) => ({ next: params.id + 1 }))
      .post("/", ({ request }) => request.text());
    const app = createApp()
      .route("/books", sub)
      .get("/", () => "home");
    expect(await (await app.request("/books")).text()).toBe("all");
    const one = await app.request("/books/41");
    expect([await one.json(), one.headers.get("x-sub")]).toEqual([{ next: 42 }, "GET"]);
    expect(await (await app.request("/books", { method: "POST", body: "new" })).text()).toBe("new");
    expect((await app.request("/")).headers.get("x-sub")).toBeNull();
    expect((await app.request("/books", { method: "DELETE" })).headers.get("allow")).toBe("GET, POST, HEAD, OPTIONS");
  });

  it("mount hands all below a path to any app, with its content", async () => {
    const inner = createApp()
      .get("/deep", ({ query }) => `deep ${query.get("q")}`)
      .post("/", ({ request }) => request.text());
    const app = createApp().mount("/in", inner);
    expect(await (await app.request("/in/deep?q=1")).text()).toBe("deep 1");
    expect(await (await app.request("/in", { method: "POST", body: "body" })).text()).toBe("body");
    expect((await app.request("/inside")).status).toBe(404);
  });
});

describe("parameters with types", () => {
  it("a segment of another type does not fit", async () => {
    const app = createApp()
      .get("/n/:id{int}", ({ params }) => `int ${typeof params.id}`)
      .get("/n/:name", ({ params }) => `name ${params.name}`)
      .get("/only/:id{uuid}", ({ params }) => params.id);
    expect(await (await app.request("/n/-7")).text()).toBe("int number");
    expect(await (await app.request("/n/7a")).text()).toBe("name 7a");
    expect((await app.request("/only/7")).status).toBe(404);
    expect((await app.request("/only/7", { method: "PUT" })).status).toBe(404);
  });

  it("an optional one may be missing, with its slash", async () => {
    const app = createApp()
      .get("/tags/:tag?", ({ params }) => `tag ${params.tag}`)
      .get("/:page?", ({ params }) => `page ${params.page}`);
    expect(await (await app.request("/tags")).text()).toBe("tag undefined");
    expect(await (await app.request("/tags/a")).text()).toBe("tag a");
    expect(await (await app.request("/")).text()).toBe("page undefined");
    expect((await app.request("/tags/")).status).toBe(404);
  });

  it("their types follow from the path", () => {
    expectTypeOf<PathParams<"/links/:id{int}/tags/:tag?">>().toEqualTypeOf<{
      readonly id: number;
      readonly tag?: string;
    }>();
    expectTypeOf<PathParams<"/:id{uuid}/*rest">>().toEqualTypeOf<{ readonly id: string; readonly rest: string }>();
    // @ts-expect-error: a parameter is missing
    expect(() => url("/links/:id{int}", {})).toThrow(TypeError);
    expect(() => createApp().get("/:id{date}", () => "")).toThrow("there is no type");
    expect(() => createApp().get("/:a?/b", () => "")).toThrow("nothing can follow");
  });

  it("url builds what the route takes apart", async () => {
    expect(url("/links/:id{int}/tags/:tag?", { id: 7, tag: "a b/ä" })).toBe("/links/7/tags/a%20b%2F%C3%A4");
    expect(url("/links/:id{int}/tags/:tag?", { id: 7 })).toBe("/links/7/tags");
    expect(url("/files/*path", { path: "a b/c" })).toBe("/files/a%20b/c");
    expect(() => url("/:a", { a: ".." })).toThrow("cannot be a segment");
    expect(() => url("/:a", { a: "" })).toThrow(TypeError);
    expect(() => url("/:a{int}", { a: 1.5 })).toThrow(TypeError);
  });
});

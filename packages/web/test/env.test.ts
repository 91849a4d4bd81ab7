import { describe, expect, it } from "vitest";
import { createApp, html, type Response, serve } from "../src/index.ts";
import { MemoryListener, readUntil } from "./memory-flow.ts";

const text = async (response: Response | Promise<Response>) => (await response).text();

describe("env: one value for every handler", () => {
  const api = createApp<{ name: string }>()
    .use(({ env }, next) => (env.name === "" ? "nobody" : next()))
    .get("/who", ({ env }) => env.name);
  const inner = createApp<{ name: string }>().get("/who", ({ env }) => `mounted ${env.name}`);
  const app = createApp<{ name: string; more: number }>()
    .get("/", ({ env }) => `${env.name} ${env.more}`)
    .route("/api", api)
    .mount("/inner", inner);

  it.each([
    ["/", "Ada 7"],
    ["/api/who", "Ada"],
    ["/inner/who", "mounted Ada"],
  ])("%s: handlers, middleware, sub-apps and mounted apps see it", async (path, expected) => {
    expect(await text(app.request(path, undefined, { name: "Ada", more: 7 }))).toBe(expected);
  });

  it("serve hands it to the handlers, and to other makers' apps as the second argument", async () => {
    const foreign = { fetch: (_request: unknown, env: { name: string }) => new globalThis.Response(env.name) };
    for (const served of [app, foreign]) {
      const listener = new MemoryListener();
      const done = serve(listener, served as typeof app, { env: { name: "Ada", more: 7 } });
      const client = listener.connect();
      await client.write("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
      expect(await readUntil(client, () => false)).toContain(served === app ? "Ada 7" : "Ada");
      await client.close();
      listener.close();
      await done;
    }
  });
});

describe("devices: made once, finalised in reverse order", () => {
  function recorded() {
    const log: string[] = [];
    const app = createApp<{ disk: string }>()
      .device("store", async ({ disk }) => {
        log.push(`open ${disk}`);
        return { disk, [Symbol.asyncDispose]: async () => void log.push("close store") };
      })
      .device(
        "search",
        ({ store }) => {
          log.push(`index ${store.disk}`);
          return { find: () => store.disk };
        },
        () => void log.push("close search"),
      )
      .get("/", ({ env }) => env.search.find());
    return { app, log };
  }

  it("each sees those before it", async () => {
    const { app, log } = recorded();
    {
      await using started = await app.start({ disk: "links" });
      expect(await text(started.request("/"))).toBe("links");
      expect(await text(started.request("/"))).toBe("links");
      expect(log).toEqual(["open links", "index links"]);
    }
    expect(log).toEqual(["open links", "index links", "close search", "close store"]);
  });

  it("serve makes them before the first request and finalises them behind the last", async () => {
    const { app, log } = recorded();
    const stopped = new AbortController();
    const listener = new MemoryListener();
    app.get("/slow", async ({ env }) => {
      stopped.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
      log.push("answer");
      return env.search.find();
    });
    const served = serve(listener, app, { env: { disk: "d" }, signal: stopped.signal });
    const client = listener.connect();
    await client.write("GET /slow HTTP/1.1\r\nhost: h\r\n\r\n");
    expect(await readUntil(client, () => false)).toMatch(/d$/);
    await client.close();
    await served;
    expect(log).toEqual(["open d", "index d", "answer", "close search", "close store"]);
  });

  it("one that cannot be made finalises those that were", async () => {
    const { app, log } = recorded();
    const broken = app.device("third", () => {
      throw new Error("no third");
    });
    await expect(broken.start({ disk: "d" })).rejects.toThrow("no third");
    expect(log.slice(2)).toEqual(["close search", "close store"]);
  });

  it("all are finalised, though one fails", async () => {
    const { app, log } = recorded();
    const started = await app
      .device(
        "last",
        () => 1,
        () => {
          throw new Error("will not close");
        },
      )
      .start({ disk: "d" });
    await expect(started[Symbol.asyncDispose]()).rejects.toThrow("will not close");
    expect(log.slice(2)).toEqual(["close search", "close store"]);
  });

  it("a sub-app brings its own, once, and names are unique", async () => {
    const { app, log } = recorded();
    const whole = createApp<{ disk: string }>().route("/a", app).route("/b", app).host("h.example", app);
    await using started = await whole.start({ disk: "d" });
    expect(await text(started.request("/b"))).toBe("d");
    expect(log).toEqual(["open d", "index d"]);
    expect(() => whole.device("store", () => 1)).toThrow(TypeError);
    await expect(
      createApp<{ a: 1 }>()
        .device("a", () => 2)
        .start({ a: 1 }),
    ).rejects.toThrow(/in the env already/);
    await expect(
      createApp<Map<1, 2>>()
        .device("a", () => 2)
        .start(new Map()),
    ).rejects.toThrow(/plain object/);
  });
});

describe("routes that differ by content", () => {
  const app = createApp()
    .get("/", { produces: "text/html" }, () => html`<p>page`)
    .get("/", { produces: "application/json" }, () => ({ json: true }))
    .get("/", { produces: "text/csv" }, async () => "a,b\n")
    .post("/in", { consumes: "application/json" }, () => "json")
    .post("/in", { consumes: ["text/*", "application/xml"] }, () => "text")
    .post("/any", { consumes: "image/*" }, () => "image")
    .post("/any", () => "anything");
  const get = (accept?: string, method = "GET") =>
    app.request("/", { method, headers: accept === undefined ? {} : { accept } });
  const post = (path: string, type: string) =>
    app.request(path, { method: "POST", headers: { "content-type": type }, body: "x" });

  it.each([
    [undefined, "text/html; charset=utf-8"],
    ["", "text/html; charset=utf-8"],
    ["*/*", "text/html; charset=utf-8"],
    ["application/json", "application/json"],
    ["text/*;q=0.5, application/json;q=0.6", "application/json"],
    ["text/html;q=0, */*", "application/json"],
    ["text/csv, text/html;q=0.9", "text/csv; charset=utf-8"],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"],
  ])("Accept %s gets %s", async (accept, type) => {
    const response = await get(accept);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
    expect(response.headers.get("vary")).toBe("accept");
  });

  it("nothing that is acceptable: 406 that names what there is", async () => {
    const response = await get("image/png");
    expect([response.status, response.headers.get("vary")]).toEqual([406, "accept"]);
    expect(await response.text()).toContain("text/html, application/json, text/csv");
    expect((await get("application/json", "HEAD")).status).toBe(200);
    expect((await get(undefined, "DELETE")).status).toBe(405);
  });

  it.each([
    ["/in", "application/json", "json"],
    ["/in", "Application/JSON; charset=utf-8", "json"],
    ["/in", "text/plain", "text"],
    ["/in", "application/xml", "text"],
    ["/any", "image/png", "image"],
    ["/any", "audio/ogg", "anything"],
  ])("%s with %s goes to %s", async (path, type, expected) => {
    expect(await text(post(path, type))).toBe(expected);
  });

  it("content that no route takes: 415 that names what is taken", async () => {
    const response = await post("/in", "image/png");
    expect([response.status, response.headers.get("accept")]).toEqual([
      415,
      "application/json, text/*, application/xml",
    ]);
  });

  it("what is no media type cannot be declared", () => {
    expect(() => createApp().get("/", { produces: "html" }, () => "")).toThrow(TypeError);
    expect(() => createApp().get("/", { produces: "text/html; charset=utf-8" }, () => "")).toThrow(TypeError);
  });

  it("a sub-app keeps what its routes take", async () => {
    const whole = createApp().route("/sub", app);
    const headers = { accept: "application/json" };
    expect(await (await whole.request("/sub", { headers })).json()).toEqual({ json: true });
  });
});

describe("host routes", () => {
  const app = createApp()
    .use(async (_context, next) => {
      const response = await next();
      response.headers.set("x-outer", "yes");
      return response;
    })
    .host(
      "api.example.com",
      createApp().get("/", () => "api"),
    )
    .host(
      "*.example.com",
      createApp().get("/", ({ request }) => new URL(request.url).hostname),
    )
    .host(
      "localhost:81",
      createApp().get("/", () => "81"),
    )
    .get("/", () => "elsewhere");

  it.each([
    ["http://api.example.com/", "api"],
    ["http://API.Example.COM:8080/", "api"],
    ["http://ada.example.com/", "ada.example.com"],
    ["http://a.b.example.com/", "elsewhere"],
    ["http://example.com/", "elsewhere"],
    ["http://localhost:81/", "81"],
    ["http://localhost/", "elsewhere"],
    ["http://evil.example.com.test/", "elsewhere"],
  ])("%s is answered by %s, inside the outer middleware", async (url, expected) => {
    const response = await app.request(url);
    expect([response.headers.get("x-outer"), await response.text()]).toEqual(["yes", expected]);
  });

  it("a host's app answers what it has no route for", async () => {
    expect((await app.request("http://api.example.com/none")).status).toBe(404);
    expect(() => app.host("no host", createApp())).toThrow(TypeError);
  });
});

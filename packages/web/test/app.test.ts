import { describe, expect, test, vi } from "vitest";
import { createApp, Html, HttpError, html, Request, Response } from "../src/index.ts";

const describeResponse = async (response: Response) => [
  response.status,
  response.headers.get("content-type"),
  await response.text(),
];

describe("app: what a handler returns", () => {
  test.each([
    ["text", "hi", [200, "text/plain; charset=utf-8", "hi"]],
    ["HTML", html`<p>${"<"}</p>`, [200, "text/html; charset=utf-8", "<p>&lt;</p>"]],
    ["an object", { a: [1] }, [200, "application/json", '{"a":[1]}']],
    ["an array", [1, 2], [200, "application/json", "[1,2]"]],
    ["bytes", Uint8Array.of(104, 105), [200, "application/octet-stream", "hi"]],
    ["nothing", undefined, [204, null, ""]],
    ["a Response", new Response("x", { status: 201 }), [201, "text/plain;charset=UTF-8", "x"]],
  ])("%s", async (_name, value, expected) => {
    const fresh = value instanceof Response ? () => value.clone() : () => value;
    const app = createApp()
      .get("/now", fresh)
      .get("/later", async () => fresh());
    expect(await describeResponse(await app.request("/now"))).toEqual(expected);
    expect(await describeResponse(await app.request("/later"))).toEqual(expected);
  });
});

describe("app: what no route answers", () => {
  const app = createApp()
    .get("/a", () => "get")
    .post("/a", () => "post")
    .delete("/a/:x", () => "delete")
    .all("/all", ({ request }) => request.method);

  test("an unknown path is 404, a known one with another method 405 with Allow", async () => {
    expect((await app.request("/b")).status).toBe(404);
    const response = await app.request("/a", { method: "PUT" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, POST, HEAD, OPTIONS");
    expect((await app.request("/a/1")).headers.get("allow")).toBe("DELETE, OPTIONS");
  });

  test("OPTIONS is answered by itself; all() takes every method", async () => {
    const response = await app.request("/a", { method: "OPTIONS" });
    expect([response.status, response.headers.get("allow")]).toEqual([204, "GET, POST, HEAD, OPTIONS"]);
    for (const method of ["GET", "PURGE", "OPTIONS"]) {
      expect(await (await app.request("/all", { method })).text()).toBe(method);
    }
  });

  test("a path that is not UTF-8 in percent-encoding is 400", async () => {
    for (const path of ["/a/%", "/a/%zz", "/a/%ff"]) {
      expect((await app.request(path, { method: "DELETE" })).status).toBe(400);
    }
  });
});

describe("app: in process", () => {
  test("fetch needs no this, and takes queries, bodies and absolute URLs", async () => {
    const { fetch } = createApp().post("/x/:id", async ({ params, query, path, request }) => [
      params.id,
      query.get("q"),
      query.getAll("r"),
      path,
      await request.json(),
    ]);
    const url = "https://example.org:8443/x/7?q=a+b%26&r=1&r=2&s#hash";
    const response = await fetch(new Request(url, { method: "POST", body: '{"n":1}' }));
    expect(await response.json()).toEqual(["7", "a b&", ["1", "2"], "/x/7", { n: 1 }]);
  });

  test("what is thrown is an answer: HttpError its own, anything else 500 and a log line", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const app = createApp()
      .get("/gone", () => {
        throw new HttpError(410, "It is gone");
      })
      .get("/broken", async () => {
        throw new TypeError("secret");
      });
    expect(await describeResponse(await app.request("/gone"))).toEqual([
      410,
      "text/plain; charset=utf-8",
      "It is gone\n",
    ]);
    expect(log).not.toHaveBeenCalled();
    expect(await describeResponse(await app.request("/broken"))).toEqual([
      500,
      "text/plain; charset=utf-8",
      "Internal Server Error\n",
    ]);
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
  });
});

test("html: every value is escaped unless it is HTML, lists are joined, nothing stands for nothing", () => {
  const items = ["a&b", "<script>"].map((item) => html`<li title="${item}">${item}</li>`);
  expect(String(html`<ul>${items}</ul>${null}${false}${undefined}${0}`)).toBe(
    '<ul><li title="a&amp;b">a&amp;b</li><li title="&lt;script&gt;">&lt;script&gt;</li></ul>0',
  );
  expect(String(html`${`"'`}`)).toBe("&quot;&#39;");
  expect(html`` instanceof Html).toBe(true);
});

describe("app.request without init", () => {
  const app = createApp().get(
    "/*path",
    ({ params, request, query }) => `${params.path} ${request.method} ${request.url} ${query.get("q")}`,
  );

  test.each([
    ["/a/b?q=1", "a/b GET http://localhost/a/b?q=1 1"],
    ["/a/../b", "b GET http://localhost/b null"],
    ["/a#b", "a GET http://localhost/a#b null"],
    ["/ä", "ä GET http://localhost/%C3%A4 null"],
    ["http://example.com/x?q=y", "x GET http://example.com/x?q=y y"],
  ])("%s", async (path, text) => {
    expect(await (await app.request(path)).text()).toBe(text);
  });

  test("a response to text has its Content-Type, and may be changed", async () => {
    const response = await app.request("/a");
    expect([...response.headers]).toEqual([["content-type", "text/plain; charset=utf-8"]]);
    response.headers.set("x-a", "1");
    expect([...(await app.request("/a")).headers]).toEqual([["content-type", "text/plain; charset=utf-8"]]);
  });
});

describe("targets that come often", () => {
  test("get what they got before: their parameters, by their method, and 404 when they have no route", async () => {
    const app = createApp()
      .get("/a/:x", ({ params, target }) => `GET ${params.x} ${target}`)
      .post("/a/:x", ({ params }) => `POST ${params.x}`);
    const ask = async (method: string, path: string) => (await app.request(path, { method })).text();
    for (let round = 0; round < 40; round++) {
      expect(await ask("GET", "/a/1")).toBe("GET 1 /a/1");
      expect(await ask("POST", "/a/1")).toBe("POST 1");
      expect(await ask("GET", "/a/1?q")).toBe("GET 1 /a/1?q");
      expect(await ask("GET", "/a/2")).toBe("GET 2 /a/2");
      expect(await ask("GET", "/b")).toBe("Not Found\n");
      expect((await app.request("/a/1", { method: "PUT" })).status).toBe(405);
      expect((await app.request("/a/1", { method: "HEAD" })).status).toBe(200);
    }
  });

  test("their parameters cannot be changed, from the first request on", async () => {
    const app = createApp().get("/:x", ({ params }) => {
      expect(() => ((params as { x: string }).x = "changed")).toThrow(TypeError);
      return params.x;
    });
    for (let round = 0; round < 20; round++) expect(await (await app.request("/a")).text()).toBe("a");
  });

  test("one that is declared later counts", async () => {
    const app = createApp().get("/*path", ({ params }) => `rest ${params.path}`);
    const ask = async (method: string) => (await app.request("/a", { method })).text();
    for (let round = 0; round < 20; round++) expect(await ask("DELETE")).toBe("Method Not Allowed\n");
    for (let round = 0; round < 20; round++) expect(await ask("GET")).toBe("rest a");
    app.delete("/a", () => "gone");
    for (let round = 0; round < 20; round++) expect(await ask("DELETE")).toBe("gone");
  });

  test("many others are answered each by itself", async () => {
    const app = createApp().get("/:id", ({ params }) => params.id);
    for (let n = 0; n < 10_000; n++) expect(await (await app.request(`/${n}`)).text()).toBe(`${n}`);
  });
});

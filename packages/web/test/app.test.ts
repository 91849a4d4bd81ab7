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

// What a client sees of the app beside this.
import { equal, json, multipart, post, type Send, text } from "../web-client.ts";

export const cases: readonly (readonly [name: string, run: (send: Send) => Promise<void>])[] = [
  ["text", async (send) => equal(await text(send("/")), "Hello from H3")],
  ["JSON", async (send) => equal(await json(send("/json")), { ok: true, text: "größe" })],
  ["param", async (send) => equal(await text(send("/users/Ada%20L")), "user Ada L")],
  ["rest of a path", async (send) => equal(await text(send("/rest/a/b")), "a/b")],
  ["query", async (send) => equal(await json(send("/search?q=a+b&tag=x&tag=y")), { q: "a b", tag: ["x", "y"] })],
  ["URL", async (send) => equal(await text(send("/url?a=%26")), "GET /url &")],
  [
    "cookie",
    async (send) => {
      equal((await send("/cookie")).headers.get("set-cookie"), "seen=yes; Path=/; HttpOnly");
      equal(await text(send("/cookie", { headers: { cookie: "a=b; seen=really" } })), "really");
    },
  ],
  [
    "sealed session",
    async (send) => {
      const first = await send("/session");
      equal(await first.text(), "1");
      const cookie = first.headers.get("set-cookie")!.split(";")[0]!;
      equal(await text(send("/session", { headers: { cookie } })), "2");
      equal(await text(send("/session", { headers: { cookie: `${cookie.slice(0, -8)}AAAAAAAA` } })), "1");
    },
  ],
  [
    "JSON body",
    async (send) => {
      equal(await json(send("/echo", post('{"a":["ö"]}', "application/json"))), { a: ["ö"] });
      equal((await send("/echo", post("{", "application/json"))).status, 400);
    },
  ],
  [
    "urlencoded form",
    async (send) =>
      equal(await json(send("/form", post("a=1+2&b=%C3%A4", "application/x-www-form-urlencoded"))), {
        a: "1 2",
        b: "ä",
      }),
  ],
  [
    "multipart form",
    async (send) =>
      equal(await json(send("/form", post(multipart, "multipart/form-data; boundary=frontier"))), {
        title: "Größe",
        file: { name: 'a "b".txt', type: "text/css", text: "--front\r\n--frontie\r\nend" },
      }),
  ],
  [
    "validated body",
    async (send) => {
      equal(await json(send("/valid", post('{"age":41}', "application/json"))), { next: 42 });
      equal((await send("/valid", post("{}", "application/json"))).status, 400);
    },
  ],
  [
    "validated query",
    async (send) => {
      equal(await json(send("/page?page=7")), { page: 7 });
      equal((await send("/page?page=x")).status, 400);
    },
  ],
  [
    "html",
    async (send) => {
      const answer = await send("/html");
      equal(
        [answer.headers.get("content-type"), await answer.text()],
        ["text/html; charset=utf-8", "<p>&lt;script&gt;</p>"],
      );
    },
  ],
  [
    "redirect",
    async (send) => {
      const answer = await send("/redirect", { redirect: "manual" });
      equal([answer.status, answer.headers.get("location")], [303, "/json"]);
    },
  ],
  ["no content", async (send) => equal((await send("/json", { method: "DELETE" })).status, 204)],
  ["iterable", async (send) => equal(await text(send("/stream")), "one\ntwo\nthree\n")],
  [
    "ReadableStream",
    async (send) => {
      const bytes = new Uint8Array(await (await send("/bytes")).arrayBuffer());
      equal([bytes.length, bytes[9_999], bytes[10_000], bytes[199_999]], [200_000, 0, 1, 19]);
    },
  ],
  [
    "event stream",
    async (send) => {
      const answer = await send("/events");
      equal(answer.headers.get("content-type"), "text/event-stream");
      const events = await answer.text();
      const shown = [1, 2, 3].map((id) => events.includes(`id: ${id}\n`) && events.includes(`data: number ${id}\n`));
      equal(shown, [true, true, true]);
    },
  ],
  [
    "body limit",
    async (send) => {
      equal(await text(send("/limited", post("0123456789", "text/plain"))), "0123456789");
      equal((await send("/limited", post("0123456789x", "text/plain"))).status, 413);
    },
  ],
  [
    "cache headers",
    async (send) => {
      equal(await text(send("/cached")), "cached");
      equal((await send("/cached", { headers: { "if-none-match": '"never changes"' } })).status, 304);
    },
  ],
  [
    "CORS",
    async (send) => {
      const headers = { origin: "https://example.com" };
      equal((await send("/cors", { headers })).headers.get("access-control-allow-origin"), "https://example.com");
      const asked = { ...headers, "access-control-request-method": "PUT" };
      const preflight = await send("/cors", { method: "OPTIONS", headers: asked });
      equal([preflight.status, preflight.headers.get("access-control-allow-methods")], [204, "GET,PUT"]);
    },
  ],
  [
    "basic auth",
    async (send) => {
      equal((await send("/basic")).status, 401);
      equal(await text(send("/basic", { headers: { authorization: `Basic ${btoa("ada:lovelace")}` } })), "come in");
    },
  ],
  [
    "serveStatic",
    async (send) => {
      const answer = await send("/static/style.css");
      equal([answer.headers.get("content-type"), await answer.text()], ["text/css", "body { color: teal }\n"]);
      equal((await send("/static/none.css")).status, 404);
    },
  ],
  [
    "HTTPError",
    async (send) => {
      const answer = await send("/fails");
      equal([answer.status, (JSON.parse(await answer.text()) as { message: string }).message], [418, "a teapot"]);
    },
  ],
  ["onError", async (send) => equal(await text(send("/mended")), "mended")],
  ["onResponse", async (send) => equal((await send("/")).headers.get("x-seen"), "yes")],
  [
    "status and headers of the event",
    async (send) => {
      const answer = await send("/status");
      equal([answer.status, answer.headers.get("x-made")], [202, "here"]);
    },
  ],
  ["mount", async (send) => equal(await json(send("/books/7")), { id: "7" })],
  ["withBase", async (send) => equal(await json(send("/based/8")), { id: "8" })],
  ["not found", async (send) => equal((await send("/none")).status, 404)],
];

// What a client sees of the app beside this, in process or over a network.
import { gunzipSync } from "node:zlib";

import { equal, json, multipart, post, type Send, text } from "../web-client.ts";

export const cases: readonly (readonly [name: string, run: (send: Send) => Promise<void>])[] = [
  ["text", async (send) => equal(await text(send("/")), "Hello from Hono")],
  ["json", async (send) => equal(await json(send("/json")), { ok: true, text: "größe" })],
  ["param", async (send) => equal(await text(send("/users/Ada%20L")), "user Ada L")],
  ["query", async (send) => equal(await json(send("/search?q=a+b&tag=x&tag=y")), { q: "a b", tags: ["x", "y"] })],
  [
    "cookie",
    async (send) => {
      equal((await send("/cookie")).headers.get("set-cookie"), "seen=yes; Path=/; HttpOnly");
      equal(await text(send("/cookie", { headers: { cookie: "a=b; seen=really" } })), "really");
    },
  ],
  [
    "signed cookie",
    async (send) => {
      const cookie = (await send("/signed")).headers.get("set-cookie")!.split(";")[0]!;
      equal(await text(send("/signed", { headers: { cookie } })), "ada");
      equal(await text(send("/signed", { headers: { cookie: cookie.replace("ada", "eve") } })), "false");
    },
  ],
  [
    "JWT",
    async (send) => {
      equal((await send("/jwt")).status, 401);
      const token = await text(send("/token"));
      const payload = (await json(send("/jwt", { headers: { authorization: `Bearer ${token}` } }))) as { sub: string };
      equal(payload.sub, "ada");
      equal((await send("/jwt", { headers: { authorization: `Bearer ${token}x` } })).status, 401);
    },
  ],
  [
    "ETag",
    async (send) => {
      const etag = (await send("/etag")).headers.get("etag")!;
      equal((await send("/etag", { headers: { "if-none-match": etag } })).status, 304);
    },
  ],
  [
    "CORS",
    async (send) => {
      const headers = { origin: "https://example.com" };
      equal((await send("/cors", { headers })).headers.get("access-control-allow-origin"), "https://example.com");
      const asked = await send("/cors", { method: "OPTIONS", headers: { "access-control-request-method": "PUT" } });
      equal([asked.status, asked.headers.get("access-control-allow-methods")], [204, "GET,PUT"]);
    },
  ],
  ["secure headers", async (send) => equal((await send("/secure")).headers.get("x-frame-options"), "SAMEORIGIN")],
  [
    "basic auth",
    async (send) => {
      equal((await send("/basic")).status, 401);
      const headers = { authorization: `Basic ${btoa("ada:lovelace")}` };
      equal(await text(send("/basic", { headers })), "come in");
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
    "urlencoded form",
    async (send) =>
      equal(await json(send("/form", post("a=1+2&b=%C3%A4&b=c", "application/x-www-form-urlencoded"))), {
        a: "1 2",
        b: ["ä", "c"],
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
    "validator",
    async (send) => {
      equal(await json(send("/valid", post('{"age":41}', "application/json"))), { next: 42 });
      equal((await send("/valid", post("{}", "application/json"))).status, 400);
      equal((await send("/valid", post("{", "application/json"))).status, 400);
    },
  ],
  ["html", async (send) => equal(await text(send("/html")), "<p>&lt;script&gt;</p>")],
  ["streamText", async (send) => equal(await text(send("/stream")), "one\ntwo\nthree\n")],
  [
    "stream of bytes",
    async (send) => {
      const bytes = new Uint8Array(await (await send("/bytes")).arrayBuffer());
      equal([bytes.length, bytes[9_999], bytes[10_000], bytes[199_999]], [200_000, 0, 1, 19]);
    },
  ],
  [
    "streamSSE",
    async (send) => {
      const answer = await send("/events");
      equal(answer.headers.get("content-type"), "text/event-stream");
      const events = [1, 2, 3].map((id) => `event: tick\ndata: number ${id}\nid: ${id}\n\n`);
      equal(await answer.text(), events.join(""));
    },
  ],
  [
    "compress",
    async (send) => {
      const answer = await send("/compressed", { headers: { "accept-encoding": "gzip" } });
      equal(answer.headers.get("content-encoding"), "gzip");
      const bytes = Buffer.from(await answer.arrayBuffer());
      // A client that is a browser, or Node.js, has unpacked it already.
      const unpacked = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
      equal(unpacked.toString(), "again and ".repeat(1000));
    },
  ],
  [
    "serveStatic",
    async (send) => {
      const answer = await send("/static/style.css");
      equal(
        [answer.headers.get("content-type"), await answer.text()],
        ["text/css; charset=utf-8", "body { color: teal }\n"],
      );
      equal((await send("/static/none.css")).status, 404);
    },
  ],
  [
    "csrf",
    async (send) => {
      const form = post("a=b", "application/x-www-form-urlencoded");
      const foreign = { ...form, headers: { ...form.headers, origin: "https://evil.example" } };
      equal((await send("/csrf", foreign)).status, 403);
      equal((await send("/csrf", post("{}", "application/json"))).status, 200);
    },
  ],
  ["timeout", async (send) => equal((await send("/slow")).status, 504)],
  [
    "request id",
    async (send) => {
      const answer = await send("/id");
      const id = await answer.text();
      equal(id === answer.headers.get("x-request-id") && id.length === 36, true);
    },
  ],
  ["route", async (send) => equal(await json(send("/books/7")), { id: "7" })],
  ["mount", async (send) => equal(await text(send("/mounted/deep")), "mounted /deep")],
  ["basePath", async (send) => equal(await text(send("/v1/ping")), "pong")],
  ["clone", async (send) => equal(await text(send("/clone")), "twicetwice")],
  [
    "HTTPException",
    async (send) => equal([(await send("/fails")).status, await text(send("/fails"))], [418, "a teapot"]),
  ],
  ["notFound", async (send) => equal([(await send("/none")).status, await text(send("/none"))], [404, "nothing here"])],
];

import { constants, gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import {
  basicAuth,
  bearerAuth,
  bodyLimit,
  cacheControl,
  clientOf,
  compress,
  cookieSessions,
  cors,
  createApp,
  csrf,
  equalSecrets,
  etag,
  eventStream,
  isCrossSite,
  logger,
  type Middleware,
  memorySessions,
  methodOverride,
  Request,
  Response,
  rateLimit,
  readBody,
  readQuery,
  requestId,
  sealedCookies,
  secureHeaders,
  timeout,
} from "../../src/index.ts";

const around = (...middleware: Middleware[]) =>
  createApp()
    .use(...middleware)
    .all("/*", () => "x".repeat(2000));
const headersOf = async (app: ReturnType<typeof around>, headers: Record<string, string>, method = "GET", path = "/") =>
  app.request(path, { headers, method });

describe("headers", () => {
  it("secureHeaders sets what a handler has not", async () => {
    const app = createApp()
      .use(secureHeaders({ "x-frame-options": false }))
      .get("/", () => new Response("", { headers: { "referrer-policy": "origin" } }));
    const { headers } = await app.request("/");
    expect(headers.get("referrer-policy")).toBe("origin");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBeNull();
  });

  it("cacheControl fills in", async () => {
    expect((await around(cacheControl("no-store")).request("/")).headers.get("cache-control")).toBe("no-store");
  });

  it("cors names only origins that may, and answers preflights itself", async () => {
    const app = around(cors({ origin: ["https://a.example"], credentials: true, headers: ["x-key"] }));
    const yes = await headersOf(app, { origin: "https://a.example" });
    expect(yes.headers.get("access-control-allow-origin")).toBe("https://a.example");
    expect(yes.headers.get("vary")).toBe("origin");
    const no = await headersOf(app, { origin: "https://b.example" });
    expect(no.headers.get("access-control-allow-origin")).toBeNull();
    const asked = { origin: "https://a.example", "access-control-request-method": "PUT" };
    const preflight = await headersOf(app, asked, "OPTIONS");
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([204, "x-key"]);
    expect(() => cors({ origin: "*", credentials: true })).toThrow(TypeError);
  });
});

describe("guards", () => {
  it.each([
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-site" }, 403],
    [{ "sec-fetch-site": "same-origin" }, 200],
    [{ origin: "https://evil.example", host: "me.example" }, 403],
    [{ origin: "null", host: "me.example" }, 403],
    [{ origin: "https://me.example", host: "me.example" }, 200],
    [{ origin: "https://friend.example", "sec-fetch-site": "cross-site" }, 200],
    [{}, 200],
  ])("csrf: POST with %j gets %i", async (headers, status) => {
    const app = around(csrf(["https://friend.example"]));
    expect((await headersOf(app, headers as Record<string, string>, "POST")).status).toBe(status);
    expect((await headersOf(app, headers as Record<string, string>)).status).toBe(200);
  });

  it("basicAuth lets in who check accepts", async () => {
    const app = around(basicAuth((user, password) => user === "ada" && equalSecrets(password, "a:ö")));
    const login = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
    expect((await headersOf(app, login("ada:a:ö"))).status).toBe(200);
    for (const text of ["ada:", "ada:a:ö ", "ada", ""]) expect((await headersOf(app, login(text))).status).toBe(401);
    const none = await app.request("/");
    expect(none.headers.get("www-authenticate")).toBe('Basic realm="private", charset="UTF-8"');
  });

  it("bearerAuth tells a wrong token from a missing one", async () => {
    const app = around(bearerAuth((token) => equalSecrets(token, "right")));
    expect((await headersOf(app, { authorization: "Bearer right" })).status).toBe(200);
    expect((await headersOf(app, { authorization: "Bearer wrong" })).headers.get("www-authenticate")).toContain(
      "invalid",
    );
    expect((await app.request("/")).headers.get("www-authenticate")).not.toContain("invalid");
  });

  it.each([
    ["", "", true],
    ["a", "a", true],
    ["a", "", false],
    ["", "a", false],
    ["ab", "abab", false],
  ])("equalSecrets(%j, %j) is %s", (a, b, equal) => expect(equalSecrets(a, b)).toBe(equal));

  it("bodyLimit goes by the length that is announced", async () => {
    expect((await headersOf(around(bodyLimit(5)), { "content-length": "6" }, "POST")).status).toBe(413);
    expect((await headersOf(around(bodyLimit(5)), { "content-length": "5" }, "POST")).status).toBe(200);
  });

  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::6", "2001:db8:1:2"],
    ["2001:db8::6", "2001:db8:0:0"],
    ["fe80::", "fe80:0:0:0"],
    ["::1", "0:0:0:0"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["", ""],
  ])("%s counts for the client %s", (address, client) => expect(clientOf(address)).toBe(client));

  it("timeout answers for a handler that does not", async () => {
    const app = createApp()
      .use(timeout(0.02))
      .get("/", () => new Promise<string>(() => {}))
      .get("/quick", () => "here");
    expect((await app.request("/")).status).toBe(503);
    expect((await app.request("/quick")).status).toBe(200);
  });

  it("timeout tells the handler by request.signal, and lets go of what it answers later", async () => {
    let cancelled = false;
    const signals: AbortSignal[] = [];
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: "x" }) as const,
        return: async () => {
          cancelled = true;
          return { done: true, value: undefined } as const;
        },
      }),
    };
    const app = createApp()
      .use(timeout(0.02))
      .get("/late", async ({ request }) => {
        signals.push(request.signal);
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        return new Response(body);
      })
      .mount("/below", {
        fetch: async (request: Request) => {
          signals.push(request.signal);
          await new Promise((_, reject) => {
            request.signal.addEventListener("abort", () => reject(request.signal.reason));
          });
          return new Response("never");
        },
      })
      .get("/quick", ({ request }) => {
        signals.push(request.signal);
        return "here";
      });
    for (const path of ["/late", "/below/it"]) {
      const response = await app.request(path);
      expect([response.status, await response.text()]).toEqual([503, "The answer took too long\n"]);
    }
    await vi.waitFor(() => expect(cancelled).toBe(true), 60_000);
    expect((await app.request("/quick")).status).toBe(200);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    expect(signals[0]!.reason).toMatchObject({ status: 503, code: "ERR_TIMEOUT" });
  });

  it("timeout leaves the signal that the request came with as it is, and follows it", async () => {
    const own = new AbortController();
    let signal: AbortSignal | undefined;
    const app = createApp()
      .use(timeout(10))
      .get("/", ({ request }) => {
        signal = request.signal;
        return "here";
      });
    await app.request("/", { signal: own.signal });
    expect(signal!.aborted).toBe(false);
    own.abort("enough");
    expect([signal!.aborted, signal!.reason]).toEqual([true, "enough"]);
  });

  it("rateLimit lets so many through, and more as time passes, for each client", async () => {
    let time = 0;
    const key = (request: Request) => request.headers.get("x-client") ?? "";
    const app = around(rateLimit({ limit: 2, seconds: 10, key, now: () => time, clients: 2 }));
    const from = async (client: string) => (await headersOf(app, { "x-client": client })).status;
    expect([await from("a"), await from("a"), await from("a"), await from("b")]).toEqual([200, 200, 429, 200]);
    time = 5000;
    expect([await from("a"), await from("a")]).toEqual([200, 429]);
    expect((await headersOf(app, { "x-client": "a" })).headers.get("retry-after")).toBe("5");
    // A third client makes the one that was seen longest ago be forgotten.
    expect([await from("c"), await from("b"), await from("b")]).toEqual([200, 200, 200]);
  });
});

describe("answers", () => {
  it("etag answers 304 to who has it", async () => {
    const app = around(etag());
    const tag = (await app.request("/")).headers.get("etag")!;
    expect(tag).toMatch(/^W\/"/);
    const again = await headersOf(app, { "if-none-match": tag });
    expect([again.status, again.headers.get("etag"), again.body]).toEqual([304, tag, null]);
    expect((await headersOf(app, { "if-none-match": 'W/"other"' })).status).toBe(200);
  });

  it("compress sends gzip to who takes it, of content that is worth it", async () => {
    const app = around(compress());
    const packed = await headersOf(app, { "accept-encoding": "gzip, br" });
    expect([packed.headers.get("content-encoding"), packed.headers.get("vary")]).toEqual(["gzip", "accept-encoding"]);
    expect(gunzipSync(await packed.bytes()).toString()).toBe("x".repeat(2000));
    const plain = await headersOf(app, { "accept-encoding": "gzip;q=0" });
    expect([plain.headers.get("content-encoding"), plain.headers.get("vary")]).toEqual([null, "accept-encoding"]);
    const small = createApp()
      .use(compress())
      .get("/", () => "x");
    expect((await small.request("/", { headers: { "accept-encoding": "gzip" } })).headers.get("vary")).toBeNull();
  });

  it("compress packs streams so that each piece can be read when it is there", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const app = createApp()
      .use(compress())
      .get("/", () => {
        const pieces = async function* () {
          yield "first ".repeat(200);
          await gate;
          yield "";
          yield "second ".repeat(200);
        };
        return new Response(pieces(), { headers: { "content-type": "text/plain", etag: '"strong"' } });
      })
      .get("/events", () => new Response(endless(), { headers: { "content-type": "text/event-stream" } }));
    async function* endless() {
      yield ":\n\n";
    }
    const response = await headersOf(app, { "accept-encoding": "gzip" });
    expect([response.headers.get("content-encoding"), response.headers.get("vary")]).toEqual([
      "gzip",
      "accept-encoding",
    ]);
    expect(response.headers.get("etag")).toBe('W/"strong"');
    const pieces = response.body![Symbol.asyncIterator]();
    const packed: Uint8Array[] = [];
    const shown = () => gunzipSync(Buffer.concat(packed), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
    while (packed.length === 0 || shown().length < 1200) packed.push((await pieces.next()).value!);
    expect(shown()).toBe("first ".repeat(200));
    release();
    for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) packed.push(piece.value);
    expect(gunzipSync(Buffer.concat(packed)).toString()).toBe("first ".repeat(200) + "second ".repeat(200));
    const events = await app.request("/events", { headers: { "accept-encoding": "gzip" } });
    expect([events.headers.get("content-encoding"), events.headers.get("vary")]).toEqual([null, null]);
  });

  it("bodyLimit counts what arrives, whatever was announced", async () => {
    const app = createApp()
      .use(bodyLimit(10))
      .post("/", async ({ request }) => request.text())
      .post("/unread", () => "fine");
    async function* pieces(...texts: string[]) {
      yield* texts;
    }
    const post = async (body: string | AsyncIterable<string>, path = "/") => {
      const response = await app.request(path, { method: "POST", body });
      return [response.status, await response.text()];
    };
    expect(await post(pieces("01234", "56789"))).toEqual([200, "0123456789"]);
    expect((await post(pieces("01234", "567890")))[0]).toBe(413);
    expect((await post("01234567890"))[0]).toBe(413);
    expect(await post(pieces("01234", "567890"), "/unread")).toEqual([200, "fine"]);
  });

  it("logger shows a path without control bytes", async () => {
    const lines: string[] = [];
    const app = around(logger({ print: (line) => lines.push(line), now: () => 0 }));
    await app.request("/a\u001b[31m?q=1");
    expect(lines).toEqual(["GET /a%1B[31m 200 0.0 ms"]);
  });

  it("requestId keeps a plain one and replaces others", async () => {
    const app = around(requestId(() => "made"));
    expect((await headersOf(app, { "x-request-id": "given-1" })).headers.get("x-request-id")).toBe("given-1");
    expect((await headersOf(app, { "x-request-id": "a b" })).headers.get("x-request-id")).toBe("made");
  });

  it("methodOverride lets POST stand for DELETE, and nothing else", async () => {
    const app = createApp()
      .use(methodOverride())
      .delete("/", () => "deleted")
      .get("/", () => "got");
    expect(await (await app.request("/?_method=delete", { method: "POST" })).text()).toBe("deleted");
    expect(await (await app.request("/?_method=DELETE")).text()).toBe("got");
    expect((await app.request("/?_method=GET", { method: "POST" })).status).toBe(405);
  });
});

describe("sessions", () => {
  it.each([
    [
      "in a sealed cookie",
      (now: () => number) => cookieSessions<{ n: number }>(sealedCookies([new Uint8Array(32)]), { ttl: 10, now }),
    ],
    ["in memory", (now: () => number) => memorySessions<{ n: number }>({ ttl: 10, now })],
  ])("%s live until their time is over", async (_name, make) => {
    let time = 0;
    const sessions = make(() => time);
    const response = new Response();
    await sessions.save(response, { n: 7 });
    const cookie = response.headers.getSetCookie()[0]!.split(";")[0]!;
    const request = new Request("http://h/", { headers: { cookie } });
    expect(await sessions.load(request)).toEqual({ n: 7 });
    time = 10_000;
    expect(await sessions.load(request)).toBeUndefined();
    expect(await sessions.load(new Request("http://h/"))).toBeUndefined();
    expect(await sessions.load(new Request("http://h/", { headers: { cookie: "session=x" } }))).toBeUndefined();
  });

  it("in memory end, get a new name when saved, and are bounded", async () => {
    const sessions = memorySessions<number>({ max: 2 });
    const save = async (value: number, before?: Request) => {
      const response = new Response();
      await sessions.save(response, value, before);
      return new Request("http://h/", { headers: { cookie: response.headers.getSetCookie()[0]!.split(";")[0]! } });
    };
    const one = await save(1);
    const renamed = await save(2, one);
    expect([await sessions.load(one), await sessions.load(renamed)]).toEqual([undefined, 2]);
    await save(3);
    await save(4);
    expect(await sessions.load(renamed)).toBeUndefined();
    const last = await save(5);
    sessions.end(new Response(), last);
    expect(await sessions.load(last)).toBeUndefined();
  });

  it("too large for a cookie are refused", async () => {
    const sessions = cookieSessions<string>(sealedCookies([new Uint8Array(32)]));
    await expect(sessions.save(new Response(), "x".repeat(4000))).rejects.toThrow("do not fit into a cookie");
  });
});

describe("schemas", () => {
  const app = createApp()
    .post("/", async ({ request }) => {
      const { age } = await readBody(request, z.object({ age: z.coerce.number() }));
      return { next: age + 1 };
    })
    .get("/", async ({ query }) => readQuery(query, z.object({ tag: z.array(z.string()) })));
  const post = (body: string, type: string) =>
    app.request("/", { method: "POST", body, headers: { "content-type": type } });

  it("JSON and forms become what the schema says", async () => {
    expect(await (await post('{"age":41}', "application/json")).json()).toEqual({ next: 42 });
    expect(await (await post("age=41", "application/x-www-form-urlencoded")).json()).toEqual({ next: 42 });
    expect(await (await app.request("/?tag=a&tag=b")).json()).toEqual({ tag: ["a", "b"] });
  });

  it("what does not fit is 422 with its place, another type 415", async () => {
    const refused = await post('{"age":"x"}', "application/json");
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining("age: ")]);
    expect((await post("<age/>", "text/xml")).status).toBe(415);
    expect((await post("{", "application/json")).status).toBe(400);
  });
});

describe("Server-Sent Events", () => {
  it("are written as the standard says, data line by line", async () => {
    const events = async function* () {
      yield { data: "a\r\nb", event: "tick", id: "1", retry: 5 };
      yield { data: "" };
    };
    const response = eventStream(events());
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await response.text()).toBe(":\n\nevent: tick\nid: 1\nretry: 5\ndata: a\ndata: b\n\ndata: \n\n");
  });

  it("a line break in a name is refused", async () => {
    const events = async function* () {
      yield { data: "", event: "a\ndata: evil" };
    };
    await expect(eventStream(events()).text()).rejects.toThrow("line break in event");
  });

  it("a heartbeat comes while nothing else does, and the source ends with its reader", async () => {
    let ended = false;
    const events = async function* () {
      try {
        for (;;) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          yield { data: "x" };
        }
      } finally {
        ended = true;
      }
    };
    let text = "";
    for await (const piece of eventStream(events(), { heartbeat: 0.02 }).body!) {
      text += new TextDecoder().decode(piece);
      if (text.includes("data: x")) break;
    }
    expect(text).toMatch(/^(:\n\n){2,}data: x\n\n$/);
    await expect.poll(() => ended).toBe(true);
  });
});

describe("requests of other sites", () => {
  it.each([
    [{ "sec-fetch-site": "same-origin" }, false],
    [{ "sec-fetch-site": "none" }, false],
    [{ "sec-fetch-site": "same-site" }, true],
    [{ "sec-fetch-site": "cross-site", origin: "http://short.test", host: "short.test" }, true],
    [{ origin: "http://short.test", host: "short.test" }, false],
    [{ origin: "http://evil.test", host: "short.test" }, true],
    [{ origin: "http://short.test.evil.test", host: "short.test" }, true],
    [{ origin: "null", host: "short.test" }, true],
    [{ host: "short.test" }, false],
  ])("%o: %s", (headers, expected) => {
    expect(isCrossSite(new Headers(headers as unknown as Record<string, string>))).toBe(expected);
  });
});

it("secrets are equal only as a whole", () => {
  expect(equalSecrets("abc", "abc")).toBe(true);
  for (const wrong of ["", "ab", "abd", "abcabc", "abcd", "Abc"]) expect(equalSecrets(wrong, "abc")).toBe(false);
});

// An app of Hono's, as its users write them: nothing here knows whose server and whose classes it runs on.
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { getCookie, getSignedCookie, setCookie, setSignedCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { csrf } from "hono/csrf";
import { etag } from "hono/etag";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import { jwt, sign } from "hono/jwt";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { serveStatic } from "hono/serve-static";
import { stream, streamSSE, streamText } from "hono/streaming";
import { timeout } from "hono/timeout";
import { validator } from "hono/validator";

const SECRET = "only for this test";
const files: Record<string, string> = { "static/style.css": "body { color: teal }\n" };

const book = new Hono().get("/", (c) => c.text("books")).get("/:id", (c) => c.json({ id: c.req.param("id") }));

const mounted = (request: Request) => new Response(`mounted ${new URL(request.url).pathname}`);

export const app = new Hono()
  .get("/", (c) => c.text("Hello from Hono"))
  .get("/json", (c) => c.json({ ok: true, text: "größe" }))
  .get("/users/:name", (c) => c.text(`user ${c.req.param("name")}`))
  .get("/search", (c) => c.json({ q: c.req.query("q"), tags: c.req.queries("tag") }))
  .get("/cookie", (c) => {
    setCookie(c, "seen", "yes", { httpOnly: true, path: "/" });
    return c.text(getCookie(c, "seen") ?? "no");
  })
  .get("/signed", async (c) => {
    await setSignedCookie(c, "who", "ada", SECRET);
    return c.text(String((await getSignedCookie(c, SECRET, "who")) ?? "nobody"));
  })
  .get("/token", async (c) =>
    c.text(await sign({ sub: "ada", exp: Math.floor(Date.now() / 1000) + 60 }, SECRET, "HS256")),
  )
  .use("/jwt", jwt({ secret: SECRET, alg: "HS256" }))
  .get("/jwt", (c) => c.json(c.get("jwtPayload" as never) as object))
  .use("/etag", etag())
  .get("/etag", (c) => c.text("never changes"))
  .use("/cors", cors({ origin: "https://example.com", allowMethods: ["GET", "PUT"] }))
  .get("/cors", (c) => c.text("shared"))
  .use("/secure", secureHeaders())
  .get("/secure", (c) => c.text("secure"))
  .use("/basic", basicAuth({ username: "ada", password: "lovelace" }))
  .get("/basic", (c) => c.text("come in"))
  .use("/limited", bodyLimit({ maxSize: 10, onError: (c) => c.text("too much", 413) }))
  .post("/limited", async (c) => c.text(await c.req.text()))
  .post("/form", async (c) => {
    const body = await c.req.parseBody({ all: true });
    const shown: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(body)) {
      shown[name] = value instanceof File ? { name: value.name, type: value.type, text: await value.text() } : value;
    }
    return c.json(shown);
  })
  .post(
    "/valid",
    validator("json", (value, c) =>
      typeof value.age === "number" ? { age: value.age as number } : c.text("no age", 400),
    ),
    (c) => c.json({ next: c.req.valid("json").age + 1 }),
  )
  .get("/html", (c) => c.html(html`<p>${"<script>"}</p>`))
  .get("/stream", (c) =>
    streamText(c, async (out) => {
      for (const word of ["one", "two", "three"]) {
        await out.writeln(word);
        await out.sleep(5);
      }
    }),
  )
  .get("/bytes", (c) =>
    stream(c, async (out) => {
      for (let index = 0; index < 20; index++) await out.write(new Uint8Array(10_000).fill(index));
    }),
  )
  .get("/events", (c) =>
    streamSSE(c, async (out) => {
      for (let id = 1; id <= 3; id++) await out.writeSSE({ id: String(id), event: "tick", data: `number ${id}` });
    }),
  )
  .use("/compressed", compress())
  .get("/compressed", (c) => c.text("again and ".repeat(1000)))
  .use("/static/*", serveStatic({ getContent: async (path) => files[path.replace(/^\.?\//, "")] ?? null }))
  .use("/csrf", csrf())
  .post("/csrf", (c) => c.text("accepted"))
  .use("/slow", timeout(30))
  .get("/slow", async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return c.text("late");
  })
  .use("/id", requestId())
  .get("/id", (c) => c.text(c.get("requestId" as never) as string))
  .route("/books", book)
  .mount("/mounted", mounted)
  .get("/clone", async (c) => {
    const response = new Response("twice");
    return c.text((await response.clone().text()) + (await response.text()));
  })
  .get("/fails", () => {
    throw new HTTPException(418, { message: "a teapot" });
  })
  .notFound((c) => c.text("nothing here", 404))
  .basePath("/v1")
  .get("/ping", (c) => c.text("pong"));

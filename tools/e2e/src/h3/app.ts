// An app of H3's, as its users write them: nothing here knows whose server and whose classes it runs on.
import {
  bodyLimit,
  createEventStream,
  getCookie,
  getQuery,
  getRouterParam,
  getValidatedQuery,
  H3,
  HTTPError,
  handleCacheHeaders,
  handleCors,
  html,
  iterable,
  noContent,
  onError,
  onResponse,
  readBody,
  readValidatedBody,
  redirect,
  requireBasicAuth,
  serveStatic,
  setCookie,
  useSession,
  withBase,
} from "h3";

const files: Record<string, string> = { "/style.css": "body { color: teal }\n" };
const session = { password: "only for this test, 32 characters at least", cookie: { secure: false } };

const books = new H3().get("/", () => "books").get("/:id", (event) => ({ id: event.context.params?.id }));

export const app: H3 = new H3()
  .use(onResponse((response) => response.headers.set("x-seen", "yes")))
  .use(
    "/mended",
    onError(() => new Response("mended", { status: 503 })),
  )
  .get("/", () => "Hello from H3")
  .get("/json", () => ({ ok: true, text: "größe" }))
  .get("/users/:name", (event) => `user ${getRouterParam(event, "name", { decode: true })}`)
  .get("/rest/**:path", (event) => event.context.params?.path ?? "")
  .get("/search", (event) => getQuery(event))
  .get("/url", (event) => `${event.req.method} ${event.url.pathname} ${event.url.searchParams.get("a")}`)
  .get("/cookie", (event) => {
    setCookie(event, "seen", "yes", { httpOnly: true, path: "/" });
    return getCookie(event, "seen") ?? "no";
  })
  .get("/session", async (event) => {
    const visitor = await useSession<{ visits?: number }>(event, session);
    await visitor.update({ visits: (visitor.data.visits ?? 0) + 1 });
    return String(visitor.data.visits);
  })
  .post("/echo", (event) => readBody(event))
  .post("/form", async (event) => {
    const shown: Record<string, unknown> = {};
    for (const [name, value] of await event.req.formData()) {
      shown[name] =
        typeof value === "string" ? value : { name: value.name, type: value.type, text: await value.text() };
    }
    return shown;
  })
  .post("/valid", async (event) => {
    const isAged = (value: unknown): value is { age: number } => typeof (value as { age?: unknown }).age === "number";
    const body = await readValidatedBody(event, (value: unknown) => isAged(value) && value);
    return { next: (body as { age: number }).age + 1 };
  })
  .get("/page", async (event) => {
    const { page } = await getValidatedQuery(event, (query: unknown) => {
      const number = Number((query as { page?: string }).page);
      return Number.isInteger(number) && { page: number };
    });
    return { page };
  })
  .get("/html", () => html`<p>${"<script>"}</p>`)
  .get("/redirect", () => redirect("/json", 303))
  .delete("/json", () => noContent())
  .get("/stream", () =>
    iterable(async function* () {
      for (const word of ["one", "two", "three"]) {
        yield `${word}\n`;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }),
  )
  .get("/bytes", () => {
    let index = 0;
    return new ReadableStream({
      pull(controller) {
        if (index === 20) controller.close();
        else controller.enqueue(new Uint8Array(10_000).fill(index++));
      },
    });
  })
  .get("/events", (event) => {
    const events = createEventStream(event);
    void (async () => {
      for (let id = 1; id <= 3; id++) await events.push({ id: String(id), event: "tick", data: `number ${id}` });
      await events.close();
    })();
    return events.send();
  })
  .use("/limited", bodyLimit(10))
  .post("/limited", (event) => event.req.text())
  .get("/cached", (event) => {
    if (handleCacheHeaders(event, { etag: '"never changes"' })) return null;
    return "cached";
  })
  .all("/cors", (event) => {
    const cors = handleCors(event, { origin: ["https://example.com"], methods: ["GET", "PUT"] });
    return cors === false ? "shared" : cors;
  })
  .get("/basic", async (event) => {
    await requireBasicAuth(event, { username: "ada", password: "lovelace" });
    return "come in";
  })
  .get("/static/**", (event) =>
    serveStatic(event, {
      getMeta: (id) => {
        const text = files[id.replace("/static", "")];
        return text === undefined ? undefined : { size: text.length, type: "text/css" };
      },
      getContents: (id) => files[id.replace("/static", "")],
    }),
  )
  .get("/fails", () => {
    throw new HTTPError({ status: 418, message: "a teapot" });
  })
  .get("/mended", () => {
    throw new HTTPError({ status: 500, message: "broken" });
  })
  .get("/status", (event) => {
    event.res.status = 202;
    event.res.headers.set("x-made", "here");
    return "accepted";
  })
  .mount("/books", books)
  .all("/based/**", withBase("/based", books));

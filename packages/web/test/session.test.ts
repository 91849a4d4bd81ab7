import { afterEach, describe, expect, test, vi } from "vitest";
import {
  bodyLimit,
  compress,
  createApp,
  createCounters,
  Response,
  type ServeOptions,
  serve,
  withTrailers,
} from "../src/index.ts";
import { MemoryListener, readUntil } from "./memory-flow.ts";

const get = (path: string, fields = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const post = (path: string, body: string, fields = "") =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
const later = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

const started: { listener: MemoryListener; stop: AbortController }[] = [];
afterEach(() => {
  for (const { listener, stop } of started.splice(0)) {
    stop.abort();
    listener.abortAll();
  }
});

function start(app: Parameters<typeof serve>[1], options: ServeOptions = {}) {
  const listener = new MemoryListener();
  const stop = new AbortController();
  const counters = createCounters();
  void serve(listener, app, { counters, signal: stop.signal, ...options });
  started.push({ listener, stop });
  return { listener, counters };
}

describe("a client that leaves while its handler runs", () => {
  /** An app whose handler waits until its signal is aborted or `release` is called. */
  function waiting() {
    const signals: AbortSignal[] = [];
    const gate = Promise.withResolvers<void>();
    const app = createApp()
      .get("/", async ({ request }) => {
        const { signal } = request;
        signals.push(signal);
        await Promise.race([gate.promise, new Promise((resolve) => signal.addEventListener("abort", resolve))]);
        return `<${signal.aborted}>`;
      })
      .post("/", async ({ request }) => {
        const { signal } = request;
        signals.push(signal);
        const text = await request.text();
        await Promise.race([gate.promise, new Promise((resolve) => signal.addEventListener("abort", resolve))]);
        return `<${text} ${signal.aborted}>`;
      });
    return { app, signals, release: () => gate.resolve() };
  }

  test("by a reset: request.signal is aborted", async () => {
    const { app, signals } = waiting();
    const client = start(app).listener.connect();
    await client.write(get("/"));
    await vi.waitFor(() => expect(signals).toHaveLength(1), 60_000);
    expect(signals[0]!.aborted).toBe(false);
    client.abort();
    await vi.waitFor(() => expect(signals[0]!.aborted).toBe(true), 60_000);
    expect(signals[0]!.reason).toMatchObject({ code: "ECONNRESET" });
  });

  test("by the end of its direction: request.signal is aborted, an answer is sent all the same", async () => {
    const { app } = waiting();
    const client = start(app).listener.connect();
    await client.write(get("/"));
    await later();
    client.shutdown();
    expect(await readUntil(client, () => false)).toMatch(/<true>$/);
  });

  test("once its content has arrived, too", async () => {
    const { app } = waiting();
    const client = start(app).listener.connect();
    await client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    await later();
    await client.write("cd");
    await later();
    client.shutdown();
    expect(await readUntil(client, () => false)).toMatch(/<abcd true>$/);
  });

  test("in the middle of its content: request.signal is aborted", async () => {
    const { app, signals } = waiting();
    const client = start(app).listener.connect();
    await client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    await vi.waitFor(() => expect(signals).toHaveLength(1), 60_000);
    client.shutdown();
    expect(await readUntil(client, () => false)).toMatch(/^HTTP\/1.1 400 /);
    expect(signals[0]!.aborted).toBe(true);
  });

  test("one that sends its next request instead is there, and gets both answers in order", async () => {
    const { app, signals, release } = waiting();
    const client = start(app).listener.connect();
    await client.write(get("/"));
    await later();
    await client.write(get("/none"));
    await later();
    await client.write(get("/"));
    await later();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    release();
    const text = await readUntil(client, (text) => text.split("<false>").length === 3);
    expect(text).toMatch(/ 200 OK[^<]*<false>HTTP\/1.1 404 [^<]*HTTP\/1.1 200 OK[^<]*<false>$/);
  });

  test("a signal that is asked for when the answer is given is nobody else's", async () => {
    const kept: Request[] = [];
    const app = createApp()
      .get("/", ({ request }) => {
        kept.push(request as unknown as Request);
        return "answer";
      })
      .get("/wait", () => new Promise<string>(() => {}));
    const client = start(app).listener.connect();
    await client.write(get("/"));
    await readUntil(client, (text) => text.endsWith("answer"));
    await client.write(get("/wait"));
    await later();
    const { signal } = kept[0]!;
    client.abort();
    await later();
    expect(signal.aborted).toBe(false);
  });
});

describe("the contents of all requests together", () => {
  const app = createApp()
    .post("/whole", async ({ request }) => {
      const text = await request.text();
      await gate;
      return `<${text.length}>`;
    })
    .post("/form", async ({ request }) => {
      const form = await request.formData();
      await gate;
      return `<${[...form].length}>`;
    })
    .post("/pieces", async ({ request }) => {
      let length = 0;
      for await (const piece of request.body!) length += piece.length;
      await gate;
      return `<${length}>`;
    });
  let gate: Promise<void>;
  let release: () => void;
  const close = () => {
    ({ promise: gate, resolve: release } = Promise.withResolvers<void>());
  };

  /** Content that does not come together with its request. */
  const slowly = async (client: { write(data: string): Promise<void> }, path: string, body: string, fields = "") => {
    const request = post(path, body, fields);
    await client.write(request.slice(0, -body.length));
    await later();
    await client.write(body);
    await later();
  };

  test.each([
    [
      "that comes with its request",
      async (client: { write(data: string): Promise<void> }) => client.write(post("/whole", "x".repeat(60))),
    ],
    ["that comes later", (client: { write(data: string): Promise<void> }) => slowly(client, "/whole", "x".repeat(60))],
  ])("above maxContents one %s gets 503, until others are answered", async (_name, ask) => {
    close();
    const { listener, counters } = start(app, { maxContents: 100 });
    const [first, second] = [listener.connect(), listener.connect()];
    await ask(first);
    await later();
    await ask(second);
    expect(await readUntil(second, (text) => text.includes("\r\n\r\n"))).toMatch(/^HTTP\/1.1 503 /);
    expect(counters.refused).toEqual({ contents: 1 });
    release();
    expect(await readUntil(first, (text) => text.endsWith("<60>"))).toMatch(/^HTTP\/1.1 200 /);
    await ask(first);
    expect(await readUntil(first, (text) => text.endsWith("<60>"))).toMatch(/^HTTP\/1.1 200 /);
    expect(counters.failures).toBe(0);
  });

  test("what a client that left had sent does not count any more", async () => {
    close();
    const { listener, counters } = start(app, { maxContents: 100 });
    for (let n = 0; n < 5; n++) {
      const client = listener.connect();
      await client.write(`${post("/whole", "x".repeat(90)).slice(0, -10)}`);
      await later();
      client.abort();
      await later();
    }
    release();
    const client = listener.connect();
    await slowly(client, "/whole", "x".repeat(90));
    expect(await readUntil(client, (text) => text.endsWith("<90>"))).toMatch(/^HTTP\/1.1 200 /);
    expect([counters.refused, counters.failures]).toEqual([{}, 0]);
  });

  test("parts of a form count, also behind bodyLimit; what is read piece by piece does not", async () => {
    close();
    release();
    const limited = createApp().use(bodyLimit(10_000)).route("/", app);
    const { listener } = start(limited, { maxContents: 500 });
    const form = `--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n${"x".repeat(600)}\r\n--b--\r\n`;
    const client = listener.connect();
    await slowly(client, "/form", form, "Content-Type: multipart/form-data; boundary=b\r\n");
    expect(await readUntil(client, (text) => text.includes("\r\n\r\n"))).toMatch(/^HTTP\/1.1 503 /);
    const other = listener.connect();
    await slowly(other, "/pieces", "x".repeat(600));
    expect(await readUntil(other, (text) => text.includes("<600>"))).toMatch(/^HTTP\/1.1 200 /);
    await slowly(other, "/whole", "x".repeat(600));
    expect(await readUntil(other, (text) => text.includes("\r\n\r\n"))).toMatch(/^HTTP\/1.1 503 /);
  });
});

describe("trailers", () => {
  test("of requests pass bodyLimit and clone()", async () => {
    const app = createApp()
      .use(bodyLimit(100))
      .post("/", async ({ request }) => {
        const copy = request.clone();
        const text = await request.text();
        return { text, own: [...request.trailers], copied: [...copy.trailers] };
      });
    const client = start(app).listener.connect();
    await client.write(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n",
    );
    expect(await readUntil(client, (text) => text.endsWith("}"))).toContain(
      '{"text":"hi","own":[["x-sum","7"]],"copied":[["x-sum","7"]]}',
    );
  });

  test("of responses pass compress", async () => {
    async function* rows() {
      yield "row\n".repeat(1000);
    }
    const app = createApp()
      .use(compress())
      .get(
        "/",
        () =>
          new Response(
            withTrailers(rows(), () => ({ "x-rows": "1000" })),
            { headers: { "content-type": "text/plain" } },
          ),
      );
    const client = start(app).listener.connect();
    await client.write(get("/", "Accept-Encoding: gzip\r\nTE: trailers\r\nConnection: TE\r\n"));
    const text = await readUntil(client, (text) => text.endsWith("\r\n\r\n") && text.includes("\r\n0\r\n"));
    expect(text).toMatch(/\r\ncontent-encoding: gzip\r\n/);
    expect(text).toMatch(/\r\n0\r\nx-rows: 1000\r\n\r\n$/);
  });
});

import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import {
  createApp,
  createCounters,
  HttpError,
  type Request,
  Response,
  type ServeOptions,
  serve,
  withTrailers,
} from "../src/index.ts";
import { MemoryListener, readUntil } from "./memory-flow.ts";

const get = (path: string, fields = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const post = (path: string, body: string, fields = "") =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;

let log: MockInstance<typeof console.error>;
beforeEach(() => {
  log = vi.spyOn(console, "error").mockImplementation(() => {});
});
const started: { listener: MemoryListener; stop: AbortController }[] = [];
afterEach(async () => {
  // A server that went on would set its timer in the next test's clock.
  for (const { listener, stop } of started.splice(0)) {
    stop.abort();
    listener.abortAll();
  }
  await Promise.resolve();
  log.mockRestore();
  vi.useRealTimers();
});

function start(app: Parameters<typeof serve>[1], options: ServeOptions = {}) {
  const listener = new MemoryListener();
  const stop = new AbortController();
  const counters = createCounters();
  const served = serve(listener, app, { counters, signal: stop.signal, ...options });
  started.push({ listener, stop });
  return { listener, stop, counters, served };
}

const later = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
const bodies = (text: string) => text.split(/HTTP\/1\.1 \d+[^\r]*\r\n(?:[^\r]+\r\n)*\r\n/).slice(1);

describe("serve: requests", () => {
  test("a pipeline of synchronous answers leaves in one write", async () => {
    const { listener } = start(createApp().get("/:name", ({ params }) => `<${params.name}>`));
    const client = listener.connect();
    await client.write(get("/a") + get("/b") + get("/c"));
    expect(bodies(await readUntil(client, (text) => text.includes("<c>")))).toEqual(["<a>", "<b>", "<c>"]);
    expect(client.serverEnd.writes).toBe(1);
  });

  test("promised answers of several connections that are ready at once go each to its own", async () => {
    const gate = Promise.withResolvers<void>();
    const app = createApp().get("/:name", async ({ params }) => {
      await gate.promise;
      return `<${params.name}>`;
    });
    const { listener } = start(app);
    const names = ["a", "b", "c", "d"];
    const clients = names.map(() => listener.connect());
    await Promise.all(clients.map((client, index) => client.write(get(`/${names[index]}`))));
    await later(); // all of them wait
    gate.resolve();
    const texts = await Promise.all(clients.map((client) => readUntil(client, (text) => text.includes(">"))));
    expect(texts.map(bodies)).toEqual(names.map((name) => [`<${name}>`]));
  });

  test("answers keep the order of requests, however long each takes", async () => {
    const app = createApp().get("/:ms", async ({ params }) => {
      await new Promise((resolve) => setTimeout(resolve, Number(params.ms)));
      return `<${params.ms}>`;
    });
    const { listener } = start(app);
    const client = listener.connect();
    await client.write(get("/20") + get("/1") + get("/5"));
    expect(bodies(await readUntil(client, (text) => text.includes("<5>")))).toEqual(["<20>", "<1>", "<5>"]);
  });

  test("a handler that throws is a 500 and a log line; others and the next are answered", async () => {
    const app = createApp()
      .get("/sync", () => {
        throw new Error("sync");
      })
      .get("/async", async () => {
        throw new Error("async");
      })
      .get("/teapot", () => {
        throw new HttpError(418, "I am a teapot");
      })
      .get("/ok", () => "fine");
    const { listener, counters } = start(app);
    const client = listener.connect();
    await client.write(get("/sync") + get("/async") + get("/teapot") + get("/ok"));
    const text = await readUntil(client, (text) => text.includes("fine"));
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 500", "HTTP/1.1 500", "HTTP/1.1 418", "HTTP/1.1 200"]);
    expect(text).not.toMatch(/sync|at .*\.ts/);
    expect(log.mock.calls.map((call) => (call[1] as Error).message)).toEqual(["sync", "async"]);
    expect(counters.failures).toBe(2);
  });

  test("anything with fetch(request) can be served", async () => {
    const app = {
      fetch: async (request: Request) =>
        new Response(`${request.method} ${request.url} ${request.headers.get("X-A")} ${await request.text()}`),
    };
    const { listener } = start(app);
    const client = listener.connect();
    await client.write(post("/x?y=1", "hello", "X-A: b\r\nX-A: c\r\n"));
    expect(bodies(await readUntil(client, (text) => text.includes("hello")))).toEqual([
      "POST http://a/x?y=1 b, c hello",
    ]);
  });

  test("another realm's Response is taken too", async () => {
    const app = { fetch: () => new globalThis.Response("foreign", { status: 202, headers: { "x-y": "z" } }) as never };
    const { listener } = start(app);
    const client = listener.connect();
    await client.write(get("/"));
    const text = await readUntil(client, (text) => text.includes("0\r\n\r\n"));
    expect(text).toMatch(/^HTTP\/1.1 202 .*x-y: z\r\n.*foreign/s);
  });

  test("a request that is kept reads the same later, whatever came after it on the connection", async () => {
    const kept: Request[] = [];
    const app = createApp().all("/:id", ({ request }) => {
      kept.push(request);
      return "";
    });
    const { listener } = start(app);
    const client = listener.connect();
    await client.write(get("/first", "X: 1\r\n") + post("/second", "body two", "X: 2\r\n") + get("/third", "X: 3\r\n"));
    await readUntil(client, (text) => bodies(text).length === 3);
    expect(kept.map((request) => `${request.url} ${request.headers.get("x")}`)).toEqual([
      "http://a/first 1",
      "http://a/second 2",
      "http://a/third 3",
    ]);
    expect(await kept[1]!.text()).toBe("body two");
  });

  test("a context that asks for its request after the answer is told so", async () => {
    let ask: (() => unknown) | undefined;
    const app = createApp().get("/", (context) => {
      ask = () => context.request;
      return "x";
    });
    const { listener } = start(app);
    const client = listener.connect();
    await client.write(get("/"));
    await readUntil(client, (text) => bodies(text).length === 1);
    expect(ask).toThrow("answered already");
  });
});

describe("serve: content of requests", () => {
  const echo = createApp().post("/", async ({ request }) => new Response(await request.bytes()));

  test.each([[1], [7], [1000], [100_000]])(
    "arrives whole in pieces of %i bytes, by length and in chunks",
    async (size) => {
      const body = Array.from({ length: 300_000 / 3 }, (_, index) => "abcdefghij"[index % 10])
        .join("")
        .slice(0, size === 1 ? 500 : 100_000);
      const { listener } = start(echo);
      const client = listener.connect();
      let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
      for (let at = 0; at < body.length; at += size) {
        const piece = body.slice(at, at + size);
        chunked += `${piece.length.toString(16)}\r\n${piece}\r\n`;
      }
      const input = `${post("/", body)}${chunked}0\r\n\r\n`;
      const reading = readUntil(client, (text) => bodies(text).join("").length === 2 * body.length);
      const step = size === 1 ? 1 : 10_007;
      for (let at = 0; at < input.length; at += step) {
        await client.write(input.slice(at, at + step));
        if (at % (step * 4) === 0) await later();
      }
      expect(bodies(await reading)).toEqual([body, body]);
    },
  );

  test("its trailers can be read once it was read", async () => {
    const app = createApp().post("/", async ({ request }) => {
      const before = [...request.trailers];
      const text = await request.text();
      return { before, text, after: [...request.trailers] };
    });
    const { listener } = start(app);
    const client = listener.connect();
    await client.write(post("/", "plain"));
    await client.write(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\nX-B: c\r\n\r\n",
    );
    await client.write(post("/", "plain"));
    const text = await readUntil(client, (text) => bodies(text).length === 3);
    const plain = '{"before":[],"text":"plain","after":[]}';
    expect(bodies(text)).toEqual([plain, '{"before":[],"text":"hi","after":[["x-b","c"],["x-sum","7"]]}', plain]);
  });

  test("a client that waits for 100 Continue gets it when the content is asked for", async () => {
    const { listener } = start(echo);
    const client = listener.connect();
    await client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    expect(await readUntil(client, (text) => text.endsWith("\r\n\r\n"))).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    await client.write("ping");
    expect(await readUntil(client, (text) => text.includes("ping"))).toContain("200 OK");
  });

  test("content over the limit: 413, and the client that goes on sending harms nobody", async () => {
    const { listener, counters } = start(echo, { maxBody: 1000 });
    const client = listener.connect();
    await client.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const reading = readUntil(client, () => false);
    await client.write(`3e8\r\n${"x".repeat(1000)}\r\n1\r\ny\r\n`);
    expect(await reading).toMatch(/^HTTP\/1.1 413 Content Too Large\r\n.*connection: close/s);
    expect(counters.refused).toEqual({ "body-too-large": 1 });
  });

  test("a client that leaves in the middle fails only its own request", async () => {
    let failure: unknown;
    const app = createApp()
      .post("/", async ({ request }) => {
        try {
          return await request.text();
        } catch (error) {
          failure = error;
          throw error;
        }
      })
      .get("/", () => "still here");
    const { listener } = start(app);
    const broken = listener.connect();
    await broken.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
    await later();
    broken.abort();
    await vi.waitFor(() => expect(failure).toBeDefined(), 60_000);
    const client = listener.connect();
    await client.write(get("/"));
    expect(await readUntil(client, (text) => text.includes("here"))).toContain("200 OK");
  });

  test("broken JSON is the client's mistake: 400; so is JSON nested without end", async () => {
    const { listener } = start(createApp().post("/", async ({ request }) => await request.json()));
    const client = listener.connect();
    await client.write(post("/", "{") + post("/", "[".repeat(100_000)) + post("/", '{"a":["\\\\\\"]"]}'));
    const text = await readUntil(client, (text) => text.includes('{"a"'));
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 400", "HTTP/1.1 400", "HTTP/1.1 200"]);
    expect(log).not.toHaveBeenCalled();
  });

  test("content that nobody reads does not become the next request", async () => {
    const app = createApp()
      .post("/", () => "ignored")
      .get("/hidden", () => "HIDDEN")
      .get("/next", () => "next");
    const { listener } = start(app);
    const client = listener.connect();
    const hidden = get("/hidden");
    await client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n`);
    await later();
    await client.write(hidden + get("/next"));
    expect(bodies(await readUntil(client, (text) => text.includes("next")))).toEqual(["ignored", "next"]);
  });
});

describe("serve: output", () => {
  test("a stream waits for its client, and ends with it", async () => {
    let made = 0;
    let ended = false;
    const app = createApp().get("/", () => {
      async function* endless() {
        try {
          for (;;) {
            made++;
            yield "x".repeat(1000);
          }
        } finally {
          ended = true;
        }
      }
      return new Response(endless());
    });
    const { listener } = start(app);
    const client = listener.connect(4096);
    await client.write(get("/"));
    await later();
    await later();
    // Back-pressure: what fits into the pipe, and one piece that waits.
    expect(made).toBeLessThan(8);
    await client.read();
    await later();
    expect(made).toBeGreaterThan(4);
    client.abort();
    await vi.waitFor(() => expect(ended).toBe(true), 60_000);
    expect(log).not.toHaveBeenCalled();
  });

  test("trailers follow a stream for clients that ask for them", async () => {
    let count = 0;
    async function* rows() {
      count++;
      yield "row";
    }
    const fields = () => ({ "X-Rows": `${count}`, "Content-Length": "9" });
    const { listener } = start(createApp().get("/", () => new Response(withTrailers(rows(), fields))));
    const client = listener.connect();
    await client.write(get("/", "TE: deflate, trailers\r\nConnection: TE\r\n"));
    expect(await readUntil(client, (text) => text.endsWith("\r\n\r\n") && text.includes("row"))).toMatch(
      /\r\n\r\n3\r\nrow\r\n0\r\nx-rows: 1\r\n\r\n$/,
    );
    await client.write(get("/"));
    expect(await readUntil(client, (text) => text.endsWith("0\r\n\r\n"))).toMatch(/\r\n\r\n3\r\nrow\r\n0\r\n\r\n$/);
  });

  test("a stream that fails cuts the connection, so that the client sees it", async () => {
    const app = createApp().get("/", () => {
      async function* broken() {
        yield "some";
        throw new Error("broken");
      }
      return new Response(broken());
    });
    const { listener, counters } = start(app);
    const client = listener.connect();
    await client.write(get("/"));
    await expect(readUntil(client, () => false)).rejects.toThrow("reset");
    expect(counters.failures).toBe(1);
  });

  test("a slow reader gets every byte of a large answer, and its output never reaches another client", async () => {
    const large = Uint8Array.from({ length: 200_000 }, (_, index) => 65 + (index % 26));
    const app = createApp()
      .get("/large", () => large)
      .get("/text", () => "€".repeat(50_000))
      .get("/small", () => "small");
    const { listener } = start(app);
    const slow = listener.connect(1000);
    const fast = listener.connect();
    await slow.write(get("/large") + get("/text") + get("/small"));
    const slowly = readUntil(slow, (text) => text.endsWith("small"));
    for (let round = 0; round < 20; round++) {
      await fast.write(get("/small"));
      expect(bodies(await readUntil(fast, (text) => text.includes("small")))).toEqual(["small"]);
    }
    expect(bodies(await slowly)).toEqual([
      Buffer.from(large).toString("latin1"),
      Buffer.from("€".repeat(50_000)).toString("latin1"),
      "small",
    ]);
  });

  test("a client that resets while its answer is built leaves nothing for the next client", async () => {
    const { listener } = start(
      createApp().get("/:x", ({ params }) => {
        if (params.x === "secret") victim.abort();
        return `<${params.x}>`;
      }),
    );
    const victim = listener.connect();
    await victim.write(get("/secret"));
    await later();
    const client = listener.connect();
    await client.write(get("/mine"));
    expect(bodies(await readUntil(client, (text) => text.includes("mine")))).toEqual(["<mine>"]);
  });
});

describe("serve: requests in flight", () => {
  test("one too many is answered 503, and others once there is room", async () => {
    let release = () => {};
    const app = createApp()
      .get("/wait", () => new Promise<string>((resolve) => (release = () => resolve("waited"))))
      .get("/now", () => "now");
    const { listener, counters } = start(app, { maxInFlight: 1 });
    const [first, second] = [listener.connect(), listener.connect()];
    await first.write(get("/wait"));
    await later();
    await second.write(get("/now") + post("/now", "content"));
    const refused = await readUntil(second, (text) => text.split("503").length > 2);
    expect(refused.match(/HTTP\/1.1 503|retry-after: 1/g)).toHaveLength(4);
    release();
    expect(await readUntil(first, (text) => text.endsWith("waited"))).toContain("200 OK");
    await second.write(get("/now"));
    expect(await readUntil(second, (text) => text.endsWith("now"))).toContain("200 OK");
    expect([counters.refused, counters.requests]).toEqual([{ "in-flight": 2 }, 4]);
  });

  test("a stream counts until it ends, also when its client goes away", async () => {
    const app = createApp().get("/:any", () => new Response(endless()));
    async function* endless() {
      for (;;) {
        yield "piece";
        await later();
      }
    }
    const { listener } = start(app, { maxInFlight: 1 });
    const [first, second] = [listener.connect(), listener.connect()];
    await first.write(get("/a"));
    await readUntil(first, (text) => text.includes("piece"));
    await second.write(get("/b"));
    expect(await readUntil(second, (text) => text.includes("\r\n\r\n"))).toContain("503");
    first.abort();
    await later();
    await later();
    await second.write(get("/b"));
    expect(await readUntil(second, (text) => text.includes("piece"))).toContain("200 OK");
    second.abort();
  });
});

describe("serve: time", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  test("a head that trickles is answered 408, a silent connection is closed, an idle one too", async () => {
    const { listener, counters } = start(
      createApp().get("/", () => "x"),
      { headerTimeout: 5, idleTimeout: 20 },
    );
    const trickling = listener.connect();
    const silent = listener.connect();
    const idle = listener.connect();
    await idle.write(get("/"));
    await readUntil(idle, (text) => text.endsWith("x"));
    for (const character of "GET / HT") {
      await trickling.write(character);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(await readUntil(trickling, () => false)).toMatch(/^HTTP\/1.1 408 .*connection: close/s);
    expect(counters.timeouts).toBe(1);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await silent.read()).toBeUndefined();
    expect(await idle.read()).toBeUndefined();
  });

  test("a client that takes nothing is reset after the stall timeout; a slow handler is not", async () => {
    const app = createApp()
      .get("/large", () => new Uint8Array(10_000))
      .get("/slow", async () => {
        await new Promise((resolve) => setTimeout(resolve, 60_000));
        return "done";
      });
    const { listener, counters } = start(app, { stallTimeout: 3, idleTimeout: 3 });
    const stuck = listener.connect(500);
    const patient = listener.connect();
    await stuck.write(get("/large"));
    await patient.write(get("/slow"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(() => stuck.readInto(new Uint8Array(10), 0)).toThrow("reset");
    expect(counters.timeouts).toBe(1);
    await vi.advanceTimersByTimeAsync(51_000);
    expect(await readUntil(patient, (text) => text.includes("done"))).toContain("200 OK");
  });

  test("content that trickles is answered 408, by its rate; content that the handler does not read is not", async () => {
    const app = createApp()
      .post("/", async ({ request }) => request.text())
      .post("/slow", async ({ request }) => {
        await new Promise((resolve) => setTimeout(resolve, 30_000));
        return request.text();
      });
    const { listener, counters } = start(app, { stallTimeout: 5, minBodyRate: 10 });
    const head = (path: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n`;
    const trickling = listener.connect();
    const steady = listener.connect();
    const stalled = listener.connect();
    const waiting = listener.connect();
    for (const client of [trickling, steady, stalled]) await client.write(head("/"));
    await waiting.write(head("/slow"));
    for (let second = 0; second < 10; second++) {
      await trickling.write("x");
      await steady.write("x".repeat(20));
      await vi.advanceTimersByTimeAsync(1000);
    }
    for (const client of [trickling, stalled]) {
      expect(await readUntil(client, () => false)).toMatch(/^HTTP\/1.1 408 .*connection: close/s);
    }
    expect([counters.timeouts, counters.refused]).toEqual([2, { "body-too-slow": 2 }]);
    await steady.write("x".repeat(800));
    await waiting.write("y".repeat(1000));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await readUntil(steady, (text) => text.endsWith("x"))).toContain("200 OK");
    expect(await readUntil(waiting, (text) => text.endsWith("y"))).toContain("200 OK");
  });

  test("no timer runs while there are no connections", async () => {
    const { listener } = start(createApp().get("/", () => "x"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(vi.getTimerCount()).toBe(0);
    const client = listener.connect();
    await client.write(get("/", "Connection: close\r\n"));
    await readUntil(client, () => false);
    await vi.advanceTimersByTimeAsync(3000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("the Date header follows the clock", async () => {
    const { listener } = start(
      createApp().get("/", () => "x"),
      { now: () => Date.UTC(2000, 0, 1) + performance.now() * 0 },
    );
    const client = listener.connect();
    await client.write(get("/"));
    expect(await readUntil(client, (text) => text.endsWith("x"))).toContain("date: Sat, 01 Jan 2000 00:00:00 GMT");
  });
});

describe("serve: its end", () => {
  test("stopping closes idle connections, lets running requests end, and resolves", async () => {
    let finish: ((text: string) => void) | undefined;
    const app = createApp()
      .get("/", () => "x")
      .get("/slow", () => new Promise<string>((resolve) => (finish = resolve)));
    const { listener, stop, served } = start(app);
    const idle = listener.connect();
    const busy = listener.connect();
    await idle.write(get("/"));
    await readUntil(idle, (text) => text.endsWith("x"));
    await busy.write(get("/slow"));
    await later();
    stop.abort();
    expect(listener.closed).toBe(true);
    expect(await idle.read()).toBeUndefined();
    let done = false;
    void served.then(() => (done = true));
    await later();
    expect(done).toBe(false);
    finish!("finished");
    expect(await readUntil(busy, () => false)).toMatch(/connection: close\r\n.*finished$/s);
    await served;
  });

  test("requests that do not end are cut off after stopTimeout", async () => {
    vi.useFakeTimers();
    const { listener, stop, served } = start(
      createApp().get("/", () => new Promise<string>(() => {})),
      { stopTimeout: 2 },
    );
    const client = listener.connect();
    await client.write(get("/"));
    await vi.advanceTimersByTimeAsync(100);
    stop.abort();
    await vi.advanceTimersByTimeAsync(5000);
    await served;
    await expect(client.read()).rejects.toThrow("reset");
  });

  test("connections over the limit get 503", async () => {
    const { listener, counters } = start(
      createApp().get("/", () => "x"),
      { maxConnections: 1 },
    );
    const first = listener.connect();
    await first.write(get("/"));
    await readUntil(first, (text) => text.endsWith("x"));
    const second = listener.connect();
    expect(await readUntil(second, () => false)).toMatch(/^HTTP\/1.1 503 /);
    expect(counters.turnedAway).toBe(1);
    await first.write(get("/"));
    expect(await readUntil(first, (text) => text.endsWith("x"))).toContain("200 OK");
  });

  test("a client that sends its request and ends its direction still gets the answer", async () => {
    const app = createApp().get("/", async () => {
      await later();
      return "answer";
    });
    const { listener } = start(app);
    const client = listener.connect();
    await client.write(get("/"));
    client.shutdown();
    expect(await readUntil(client, () => false)).toMatch(/answer$/);
  });

  test("request.signal is aborted when the client is lost", async () => {
    let signal: AbortSignal | undefined;
    const app = createApp().get("/", async ({ request }) => {
      signal = request.signal;
      async function* ticks() {
        for (;;) {
          yield "tick";
          await later();
        }
      }
      return new Response(ticks());
    });
    const { listener } = start(app);
    const client = listener.connect();
    await client.write(get("/"));
    await readUntil(client, (text) => text.includes("tick"));
    expect(signal!.aborted).toBe(false);
    client.abort();
    await vi.waitFor(() => expect(signal!.aborted).toBe(true), 60_000);
  });
});

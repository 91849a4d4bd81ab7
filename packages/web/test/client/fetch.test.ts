import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { Blob, createFetch, FetchError, type FetchOptions, FormData, Request } from "../../src/index.ts";
import { loopback } from "./node-connector.ts";

const servers: (Server | TcpServer)[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
  }
});

async function portOf(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

/** A server of Node's, and a fetch of its own for each test. */
async function start(listener: RequestListener, options?: FetchOptions) {
  const server = createServer(listener);
  let connections = 0;
  server.on("connection", () => connections++);
  const port = await portOf(server);
  const fetch = createFetch(loopback, options);
  return { fetch, url: `http://localhost:${port}`, port, server, connections: () => connections };
}

/** A server that says exactly this to each connection that has sent a head. */
async function raw(answer: string | ((request: string, turn: number) => string | undefined), options?: FetchOptions) {
  let turn = 0;
  const server = createTcpServer((socket) => {
    let got = "";
    socket.on("error", () => {});
    socket.on("data", (data) => {
      got += data.toString("latin1");
      if (!got.includes("\r\n\r\n")) return;
      const text = typeof answer === "string" ? answer : answer(got, turn++);
      got = "";
      if (text === undefined) socket.resetAndDestroy();
      else if (typeof answer === "string") socket.end(text, "latin1");
      else socket.write(text, "latin1");
    });
  });
  const port = await portOf(server);
  return { fetch: createFetch(loopback, options), url: `http://localhost:${port}/`, server };
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("latin1");
}

const failure = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(FetchError);
    expect(error).toBeInstanceOf(TypeError);
    return (error as FetchError).code;
  }
  return "no error";
};

describe("fetch: requests", () => {
  test("method, path, query, fields and content reach the server", async () => {
    const { fetch, url, port } = await start(async (request, response) => {
      response.setHeader("x-answer", "yes").writeHead(201, "Made");
      response.end(JSON.stringify([request.method, request.url, request.headers, await read(request)]));
    });
    const response = await fetch(`${url}/a%20b?c=d#e`, {
      method: "POST",
      headers: { "X-Own": "é", "Content-Length": "999", Connection: "close" },
      body: "hello €",
    });
    expect([response.status, response.statusText, response.headers.get("x-answer")]).toEqual([201, "Made", "yes"]);
    expect([response.url, response.redirected, response.ok]).toEqual([`${url}/a%20b?c=d`, false, true]);
    const [method, path, headers, body] = await response.json();
    expect([method, path, Buffer.from(body, "latin1").toString()]).toEqual(["POST", "/a%20b?c=d", "hello €"]);
    expect(headers).toEqual({
      host: `localhost:${port}`,
      "x-own": "é",
      "content-type": "text/plain;charset=UTF-8",
      "content-length": "9",
      accept: "*/*",
      "user-agent": "soloist",
      "accept-encoding": "gzip, deflate",
    });
  });

  test("a Request may be given, and parameters as content", async () => {
    const { fetch, url } = await start(async (request, response) => {
      response.end(`${request.method} ${request.headers["content-type"]} ${await read(request)}`);
    });
    const request = new Request(url, { method: "put", body: new URLSearchParams({ a: "b c" }) });
    expect(await (await fetch(request)).text()).toBe("PUT application/x-www-form-urlencoded;charset=UTF-8 a=b+c");
  });

  test("a stream is uploaded in chunks, as fast as the server reads; a large body by its length", async () => {
    const { fetch, url } = await start(async (request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const text = await read(request);
      response.end(`${request.headers["transfer-encoding"]} ${request.headers["content-length"]} ${text.length}`);
    });
    async function* pieces() {
      for (let index = 0; index < 100; index++) yield index % 2 === 0 ? "" : new Uint8Array(20_000);
    }
    expect(await (await fetch(url, { method: "POST", body: pieces() })).text()).toBe("chunked undefined 1000000");
    const large = new Uint8Array(3_000_000);
    expect(await (await fetch(url, { method: "POST", body: large })).text()).toBe("undefined 3000000 3000000");
    expect(fetch.counters.connections).toBe(1);
  });

  test("a ReadableStream, a form and a file are bodies too", async () => {
    const { fetch, url } = await start(async (request, response) => {
      const type = request.headers["content-type"] ?? "-";
      response.end(`${type.replace(/boundary=.*/, "boundary")} ${await read(request)}`);
    });
    let left = 3;
    const stream = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(new TextEncoder().encode(`<${left}>`));
        else controller.close();
      },
    });
    expect(await (await fetch(url, { method: "POST", body: stream })).text()).toBe("- <2><1><0>");
    const form = new FormData();
    form.append("name", "Ada");
    expect(await (await fetch(url, { method: "POST", body: form })).text()).toMatch(
      /^multipart\/form-data; boundary .*name="name"\r\n\r\nAda\r\n/s,
    );
    const blob = new Blob(["blob"], { type: "text/x" });
    expect(await (await fetch(url, { method: "POST", body: blob })).text()).toBe("text/x blob");
  });

  test("a stream that fails fails the fetch, and the server sees a request cut short", async () => {
    let seen: unknown;
    const { fetch, url } = await start(async (request) => {
      seen = await read(request).catch((error) => error.code);
    });
    async function* broken() {
      yield "some";
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw Object.assign(new Error("no more"), { code: "EMINE" });
    }
    expect(await failure(fetch(url, { method: "POST", body: broken() }))).toBe("EMINE");
    await expect.poll(() => seen).toBe("ECONNRESET");
  });

  test("an answer that comes before the content is sent ends the upload", async () => {
    let ended = false;
    const { fetch, url } = await start((_request, response) => {
      response.writeHead(413).end("too much");
    });
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(10_000);
      } finally {
        ended = true;
      }
    }
    const response = await fetch(url, { method: "POST", body: endless() });
    expect([response.status, await response.text()]).toEqual([413, "too much"]);
    await expect.poll(() => ended).toBe(true);
  });
});

describe("fetch: responses", () => {
  test("content by length, in chunks, to the connection's end, and none", async () => {
    const { fetch, url } = await raw((request) => {
      const path = /^\w+ (\S+)/.exec(request)![1];
      if (path === "/length") return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
      if (path === "/chunks")
        return "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n";
      if (path === "/none") return "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n";
      if (path === "/same") return "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n";
      return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    });
    expect(await (await fetch(`${url}length`)).text()).toBe("hello");
    expect(await (await fetch(`${url}chunks`)).text()).toBe("hello");
    const none = await fetch(`${url}none`);
    expect([none.status, none.body, await none.text()]).toEqual([204, null, ""]);
    expect((await fetch(`${url}same`)).status).toBe(304);
    const head = await fetch(`${url}head`, { method: "HEAD" });
    expect([head.headers.get("content-length"), head.body]).toEqual(["5", null]);
    expect(fetch.counters).toMatchObject({ connections: 1, requests: 5, reused: 4 });
    const closing = await raw("HTTP/1.0 200 OK\r\n\r\nto the end");
    expect(await (await closing.fetch(closing.url)).text()).toBe("to the end");
  });

  test("trailers are there once the content was read, of requests that ask for them", async () => {
    const { fetch, url } = await start((request, response) => {
      response.writeHead(200, { "x-te": `${request.headers.te} ${request.headers.connection}` });
      response.write("content");
      response.addTrailers({ "X-Sum": "7" });
      response.end();
    });
    const response = await fetch(url, { headers: { te: "trailers" } });
    expect([...response.trailers]).toEqual([]);
    expect([await response.text(), [...response.trailers]]).toEqual(["content", [["x-sum", "7"]]]);
    expect(response.headers.get("x-te")).toBe("trailers te");
  });

  test("interim responses are passed over; too many, and another protocol, are refused", async () => {
    const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    const { fetch, url } = await raw(
      `HTTP/1.1 100 Continue\r\n\r\n${early}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    );
    expect(await (await fetch(url)).text()).toBe("ok");
    const endless = await raw(early.repeat(50));
    expect(await failure(endless.fetch(endless.url))).toBe("ERR_RESPONSE");
    const switching = await raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    expect(await failure(switching.fetch(switching.url))).toBe("ERR_RESPONSE");
  });

  test.each([
    ["both framings", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"],
    ["an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
    ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"],
    ["obs-fold", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"],
    ["a space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nab"],
    ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["HTTP/2", "HTTP/2 200 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status above all", "HTTP/1.1 600 OK\r\n\r\n"],
    ["too many fields", `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(101)}\r\n`],
    ["a header section too large", `HTTP/1.1 200 OK\r\na: ${"b".repeat(20_000)}\r\n\r\n`],
    ["a status line without end", `HTTP/1.1 200 ${"x".repeat(20_000)}`],
  ])("refused: %s", async (_name, answer) => {
    const { fetch, url } = await raw(answer);
    expect(await failure(fetch(url))).toBe("ERR_RESPONSE");
  });

  test("what is cut short is an error, in the head and in the content", async () => {
    const head = await raw("HTTP/1.1 200 OK\r\nContent-Le");
    expect(await failure(head.fetch(head.url))).toBe("ERR_CUT_SHORT");
    const content = await raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    expect(await failure((await content.fetch(content.url)).text())).toBe("ERR_CUT_SHORT");
    const chunks = await raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    expect(await failure((await chunks.fetch(chunks.url)).text())).toBe("ERR_CUT_SHORT");
    const broken = await raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n");
    expect(await failure((await broken.fetch(broken.url)).text())).toBe("ERR_RESPONSE");
  });

  test("compressed content is unpacked: gzip, zlib, raw deflate, both; a bomb only as far as it is read", async () => {
    const text = "again and ".repeat(20_000);
    const packings: Record<string, [string, () => Buffer]> = {
      "/gzip": ["gzip", () => gzipSync(text)],
      "/zlib": ["deflate", () => deflateSync(text)],
      "/raw": ["deflate", () => deflateRawSync(text)],
      "/both": ["deflate, gzip", () => gzipSync(deflateSync(text))],
      "/empty": ["gzip", () => Buffer.alloc(0)],
      "/br": ["br", () => Buffer.from("as it is")],
      "/broken": ["gzip", () => Buffer.from("this is not gzip at all")],
      "/cut": ["gzip", () => gzipSync(text).subarray(0, 100)],
      "/bomb": ["gzip", () => gzipSync(Buffer.alloc(50_000_000))],
    };
    const { fetch, url } = await start((request, response) => {
      const [coding, make] = packings[request.url!]!;
      response.setHeader("content-encoding", coding).end(make());
    });
    for (const path of ["/gzip", "/zlib", "/raw", "/both"]) expect(await (await fetch(url + path)).text()).toBe(text);
    expect(await (await fetch(`${url}/empty`)).text()).toBe("");
    expect(await (await fetch(`${url}/br`)).text()).toBe("as it is");
    expect(await failure((await fetch(`${url}/broken`)).text())).toBe("ERR_CONTENT_CODING");
    expect(await failure((await fetch(`${url}/cut`)).text())).toBe("ERR_CONTENT_CODING");
    let pieces = 0;
    for await (const piece of (await fetch(`${url}/bomb`)).body!) {
      expect(piece.length).toBeLessThan(4_000_000);
      if (++pieces === 3) break;
    }
  });

  test("a slow reader slows the server down; one that leaves ends the connection", async () => {
    let written = 0;
    let closed = false;
    const { fetch, url } = await start(async (_request, response) => {
      response.on("close", () => (closed = true));
      for (; written < 1000 && !closed; written++) {
        if (!response.write(Buffer.alloc(100_000)))
          await Promise.race([once(response, "drain"), once(response, "close")]);
      }
    });
    const response = await fetch(url);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written).toBeLessThan(500);
    let length = 0;
    for await (const piece of response.body!) {
      length += piece.length;
      if (length > 1_000_000) break;
    }
    await expect.poll(() => closed).toBe(true);
  });
});

describe("fetch: redirections", () => {
  const app = (seen: string[]) => async (request: IncomingMessage, response: ServerResponse) => {
    const body = await read(request);
    const { authorization = "-", cookie = "-", "content-type": type = "-" } = request.headers;
    seen.push(`${request.method} ${request.url} ${body} ${authorization} ${cookie} ${type}`);
    const match = /^\/(\d+)\/(.*)$/.exec(request.url!);
    if (match) response.writeHead(Number(match[1]), { location: decodeURIComponent(match[2]!) }).end("moved");
    else response.end("here");
  };

  test.each([
    [301, "POST", "GET /end  b - -"],
    [302, "POST", "GET /end  b - -"],
    [303, "PUT", "GET /end  b - -"],
    [307, "POST", "POST /end body b - text/plain;charset=UTF-8"],
    [308, "PUT", "PUT /end body b - text/plain;charset=UTF-8"],
    [301, "PUT", "PUT /end body b - text/plain;charset=UTF-8"],
  ])("%i of %s: %s", async (status, method, expected) => {
    const seen: string[] = [];
    const { fetch, url } = await start(app(seen));
    const response = await fetch(`${url}/${status}/${encodeURIComponent("../end")}#top`, {
      method,
      body: "body",
      headers: { authorization: "b" },
    });
    expect([await response.text(), response.redirected, response.url]).toEqual(["here", true, `${url}/end`]);
    expect(seen[1]).toBe(expected);
    expect(fetch.counters.connections).toBe(1);
  });

  test("HEAD stays HEAD through 303", async () => {
    const seen: string[] = [];
    const { fetch, url } = await start(app(seen));
    await fetch(`${url}/303/%2Fend`, { method: "HEAD" });
    expect(seen[1]).toMatch(/^HEAD \/end/);
  });

  test("credentials do not go to another origin", async () => {
    const seen: string[] = [];
    const other = await start(app(seen));
    const { fetch, url } = await start(app([]));
    const headers = { authorization: "secret", cookie: "secret=1", "proxy-authorization": "secret" };
    await fetch(`${url}/302/${encodeURIComponent(`${other.url}/end`)}`, { headers });
    expect(seen).toEqual(["GET /end  - - -"]);
  });

  test("manual gives the response, error an error, the 21st too; no loop, no other scheme, no stream twice", async () => {
    const seen: string[] = [];
    const { fetch, url } = await start(app(seen));
    const manual = await fetch(`${url}/302/x`, { redirect: "manual" });
    expect([manual.status, manual.headers.get("location"), await manual.text()]).toEqual([302, "x", "moved"]);
    expect(await failure(fetch(`${url}/302/x`, { redirect: "error" }))).toBe("ERR_REDIRECT");
    expect(await failure(fetch(`${url}/302/`))).toBe("ERR_REDIRECT");
    expect(seen).toHaveLength(2 + 21);
    expect(await failure(fetch(`${url}/302/https%3A%2F%2Fa%2F`))).toBe("ERR_TLS");
    expect(await failure(fetch(`${url}/302/ftp%3A%2F%2Fa%2F`))).toBe("ERR_URL");
    expect(await failure(fetch(`${url}/302/http%3A%2F%2Fa%3Ab%40c%2F`))).toBe("ERR_URL");
    expect(await failure(fetch(`${url}/302/http%3A%2F%2F%5B`))).toBe("ERR_REDIRECT");
    async function* stream() {
      yield "once";
    }
    expect(await failure(fetch(`${url}/307/x`, { method: "POST", body: stream() }))).toBe("ERR_REDIRECT");
  });
});

describe("fetch: URLs", () => {
  test.each([
    ["https://example.com/", "ERR_TLS"],
    ["ftp://example.com/", "ERR_URL"],
  ])("%s: %s", async (url, code) => {
    expect(await failure(createFetch(loopback)(url))).toBe(code);
  });

  test.each(["http://user:pass@example.com/", "http://[", "/path"])("%s: the caller's mistake", async (url) => {
    await expect(createFetch(loopback)(url)).rejects.toThrow(TypeError);
  });

  test("a host that refuses is an error with the network's code", async () => {
    const { fetch, url, server } = await start(() => {});
    server.close();
    expect(await failure(fetch(url))).toBe("ECONNREFUSED");
  });
});

describe("fetch: connections", () => {
  test("are used again, and bounded for each host; who finds none free waits", async () => {
    let running = 0;
    let most = 0;
    const { fetch, url, connections } = await start(
      async (_request, response) => {
        most = Math.max(most, ++running);
        // As many come at once as there may be, before the first of them is answered.
        await expect.poll(() => most).toBe(3);
        running--;
        response.end("ok");
      },
      { maxConnections: 3 },
    );
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(url)).text()));
    expect(texts).toEqual(Array(20).fill("ok"));
    expect([most, connections()]).toEqual([3, 3]);
    expect(fetch.counters).toMatchObject({ connections: 3, requests: 20, reused: 17 });
  });

  test("one that the server closed meanwhile is not used again", async () => {
    const { fetch, url, server } = await start((_request, response) => response.end("ok"));
    for (let index = 0; index < 3; index++) {
      expect(await (await fetch(url)).text()).toBe("ok");
      server.closeIdleConnections();
      // On a machine that stands still for a while the first timer comes before the end of the connection does.
      for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(fetch.counters).toMatchObject({ connections: 3, retries: 0 });
  });

  test("one that is closed as the request arrives: GET is sent again, POST is not", async () => {
    const answer = (request: string, turn: number) =>
      turn % 2 === 1
        ? undefined
        : `HTTP/1.1 200 OK\r\nContent-Length: ${request.split(" ")[0]!.length}\r\n\r\n${request.split(" ")[0]}`;
    const get = await raw(answer);
    expect(await (await get.fetch(get.url)).text()).toBe("GET");
    expect(await (await get.fetch(get.url)).text()).toBe("GET");
    expect(get.fetch.counters).toMatchObject({ connections: 2, retries: 1 });
    const post = await raw(answer);
    expect(await (await post.fetch(post.url, { method: "POST" })).text()).toBe("POST");
    expect(await failure(post.fetch(post.url, { method: "POST" }))).toBe("ECONNRESET");
  });

  test("a server that asks to close gets its wish", async () => {
    const { fetch, url, connections } = await start((_request, response) =>
      response.setHeader("connection", "close").end("ok"),
    );
    for (let index = 0; index < 3; index++) expect(await (await fetch(url)).text()).toBe("ok");
    expect(connections()).toBe(3);
  });

  test("bytes behind a response never become the next one", async () => {
    const { fetch, url } = await raw(
      () => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    );
    for (let index = 0; index < 3; index++) expect(await (await fetch(url)).text()).toBe("ok");
    expect(fetch.counters.connections).toBe(3);
  });

  test("idle ones are closed after idleTimeout, and by close()", async () => {
    const { fetch, url, server } = await start((_request, response) => response.end("ok"), { idleTimeout: 1 });
    const open = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
    await (await fetch(url)).text();
    expect(await open()).toBe(1);
    fetch.close();
    await expect.poll(open).toBe(0);
    await (await fetch(url)).text();
    await expect.poll(open).toBe(0);
  });
});

describe("fetch: ends", () => {
  test("a signal ends it before, while it waits, in the head and in the content, with the signal's reason", async () => {
    const { fetch, url } = await start((request, response) => {
      if (request.url === "/content") response.write("some");
    });
    const reason = new Error("enough");
    await expect(fetch(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const waiting = new AbortController();
    const promise = fetch(url, { signal: waiting.signal });
    setTimeout(() => waiting.abort(reason), 10);
    await expect(promise).rejects.toBe(reason);
    const content = new AbortController();
    const response = await fetch(`${url}/content`, { signal: content.signal });
    setTimeout(() => content.abort(reason), 10);
    await expect(response.text()).rejects.toBe(reason);
    await expect(fetch(url, { signal: AbortSignal.timeout(10) })).rejects.toThrow(/time/i);
    const queued = await start(() => {}, { maxConnections: 1 });
    const first = fetch(queued.url, { signal: AbortSignal.timeout(50) });
    await expect(Promise.all([first, fetch(queued.url, { signal: AbortSignal.timeout(10) })])).rejects.toThrow(/time/i);
  });

  test("stallTimeout is for the server, also behind an upload that had to wait; a slow stream of one's own is no stall", async () => {
    const silent = await start(async (request) => void (await read(request)), { stallTimeout: 1 });
    const large = new Uint8Array(20_000_000);
    expect(await failure(silent.fetch(silent.url, { method: "POST", body: large }))).toBe("ERR_STALLED");
    const deaf = await raw("never said: a head never ends", { stallTimeout: 1 });
    deaf.server.on("connection", (socket) => socket.pause());
    expect(await failure(deaf.fetch(deaf.url, { method: "POST", body: large }))).toBe("ERR_STALLED");
    const patient = await start(async (request, response) => response.end(await read(request)), { stallTimeout: 1 });
    async function* slow() {
      yield "one ";
      await new Promise((resolve) => setTimeout(resolve, 3000));
      yield "two";
    }
    expect(await (await patient.fetch(patient.url, { method: "POST", body: slow() })).text()).toBe("one two");
  });

  test("a server that says nothing is given up after stallTimeout", async () => {
    const { fetch, url } = await start(() => {}, { stallTimeout: 1 });
    expect(await failure(fetch(url))).toBe("ERR_STALLED");
  });
});

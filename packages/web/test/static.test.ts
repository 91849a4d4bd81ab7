import { describe, expect, it, vi } from "vitest";
import { parseRanges } from "../src/http/ranges.ts";
import { assetUrl, createApp, type StaticFile, serve, staticFiles } from "../src/index.ts";
import { MemoryListener, readUntil } from "./memory-flow.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function file(text: string, type = "text/plain"): StaticFile {
  const identity = { encoding: "identity", bytes: bytes(text), etag: '"plain"' };
  const gzip = { encoding: "gzip", bytes: bytes("GZ"), etag: '"gz"' };
  const br = { encoding: "br", bytes: bytes("B"), etag: '"br"' };
  const modified = Date.UTC(2026, 0, 2) / 1000;
  return {
    type,
    modified,
    lastModified: new Date(modified * 1000).toUTCString(),
    identity,
    variants: [br, gzip, identity],
  };
}

const files = new Map([
  ["/index.html", file("<h1>home</h1>", "text/html")],
  ["/a.txt", file("0123456789")],
  ["/docs/index.html", file("docs", "text/html")],
  ["/app-3fe9A0c1.js", file("1", "text/javascript")],
]);
const assets = { lookup: (path: string) => files.get(path) };
const app = createApp().get("/*path", staticFiles(assets));
const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  app.request(path, { headers, method });

describe("static files", () => {
  it.each([
    ["/", "<h1>home</h1>"],
    ["/a.txt", "0123456789"],
    ["/docs/", "docs"],
    ["/%61.txt", "0123456789"],
  ])("%s is found", async (path, text) => expect(await (await get(path)).text()).toBe(text));

  it.each(["/none", "/../a.txt", "/%2e%2e/a.txt", "/docs/..%2fa.txt", "//a.txt", "/a.txt/", "/docs/../a.txt"])(
    "%s, sent as it is, is not",
    async (path) => {
      const listener = new MemoryListener();
      const served = serve(listener, app);
      const client = listener.connect();
      await client.write(`GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      expect(await readUntil(client, () => false)).toMatch(/^HTTP\/1.1 404 /);
      await client.close();
      listener.close();
      await served;
    },
  );

  it("a folder without its slash is redirected, and never to another host", async () => {
    const response = await get("/docs");
    expect([response.status, response.headers.get("location")]).toEqual([301, "./docs/"]);
    expect(new URL("./docs/", "http://h//evil.example/docs").host).toBe("h");
  });

  it.each([
    ["br, gzip", "br"],
    ["gzip", "gzip"],
    ["gzip;q=1, br;q=0.5", "gzip"],
    ["br;q=0, gzip;q=0.001", "gzip"],
    ["br;q=0, gzip;q=0", null],
    ["br;q=0, gzip;q=0.1", "gzip"],
    ["*", "br"],
    ["deflate", null],
    ["identity", null],
    [undefined, null],
  ])("Accept-Encoding %s gets %s", async (accepted, encoding) => {
    const response = await get("/a.txt", accepted === undefined ? {} : { "accept-encoding": accepted });
    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(response.headers.get("vary")).toBe("accept-encoding");
  });

  it.each([
    [{ "if-none-match": '"plain"' }, 304],
    [{ "if-none-match": 'W/"x", W/"plain"' }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"gz"' }, 200],
    [{ "if-none-match": '"gz"', "accept-encoding": "gzip" }, 304],
    [{ "if-modified-since": "Fri, 02 Jan 2026 00:00:00 GMT" }, 304],
    [{ "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" }, 200],
    [{ "if-modified-since": "Fri, 02 Jan 2026 00:00:00 GMT", "if-none-match": '"x"' }, 200],
    [{ "if-modified-since": "nonsense" }, 200],
    [{ "if-match": '"x"' }, 412],
    [{ "if-match": '"plain"' }, 200],
    [{ "if-unmodified-since": "Thu, 01 Jan 2026 00:00:00 GMT" }, 412],
  ])("%j gets %i", async (headers, status) => {
    const response = await get("/a.txt", headers as Record<string, string>);
    expect(response.status).toBe(status);
    if (status === 304) expect(response.headers.get("etag")).not.toBeNull();
  });

  it.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=5-99", "56789", "bytes 5-9/10"],
  ])("Range %s gets %s", async (range, text, shown) => {
    const response = await get("/a.txt", { range });
    expect([response.status, response.headers.get("content-range"), await response.text()]).toEqual([206, shown, text]);
  });

  it("several ranges come as parts", async () => {
    const response = await get("/a.txt", { range: "bytes=0-1, -2" });
    const boundary = /boundary=(\S+)/.exec(response.headers.get("content-type")!)![1]!;
    const part = (range: string, text: string) =>
      `\r\n--${boundary}\r\ncontent-type: text/plain\r\ncontent-range: bytes ${range}/10\r\n\r\n${text}`;
    expect(await response.text()).toBe(`${part("0-1", "01")}${part("8-9", "89")}\r\n--${boundary}--\r\n`);
  });

  it("a range of another version gets the whole, one outside 416", async () => {
    expect((await get("/a.txt", { range: "bytes=0-1", "if-range": '"old"' })).status).toBe(200);
    expect((await get("/a.txt", { range: "bytes=0-1", "if-range": '"plain"' })).status).toBe(206);
    const response = await get("/a.txt", { range: "bytes=10-" });
    expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */10"]);
  });

  it.each([
    "bytes=",
    "bytes=-",
    "bytes=3-1",
    "bytes=a-b",
    "lines=0-1",
    "bytes=0-9,0-9",
    `bytes=${"0-0,".repeat(16)}0-0`,
  ])("Range %s is ignored", (range) => expect(parseRanges(range, 10)).toBeUndefined());

  it("names with a hash are kept for a year, others are asked about", async () => {
    expect((await get("/app-3fe9A0c1.js")).headers.get("cache-control")).toContain("immutable");
    expect((await get("/a.txt")).headers.get("cache-control")).toBe("no-cache");
  });

  it("the address of a version is kept for a year, that of an older one is asked about", async () => {
    const byPath = { ...assets, file: (path: string) => files.get(path)! };
    const address = assetUrl(byPath, "/a.txt", "/some where");
    expect(address).toBe("/some where/a.txt?v=plain");
    const kept = async (path: string) => (await get(path)).headers.get("cache-control")!.includes("immutable");
    expect(await kept("/a.txt?v=plain")).toBe(true);
    for (const other of ["", "?v=", "?v=older", "?v=plain2", "?w=plain", "?v=plain&x"]) {
      expect(await kept(`/a.txt${other}`)).toBe(false);
    }
    expect(await (await get("/a.txt?v=older")).text()).toBe("0123456789");
  });

  it("a fallback answers unknown pages, not unknown files", async () => {
    const spa = createApp().get("/*path", staticFiles(assets, { fallback: "/index.html" }));
    expect((await spa.request("/deep/page")).status).toBe(200);
    expect((await spa.request("/deep/missing.js")).status).toBe(404);
  });
});

it("the same file is answered with the same head again and again, and anew when the second or the wish changes", async () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 3) });
  const listener = new MemoryListener();
  const served = serve(listener, app);
  const client = listener.connect();
  const ask = async (fields = "") => {
    await client.write(`GET /a.txt HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
    return readUntil(client, (text) => /\r\n\r\n./s.test(text) || text.startsWith("HTTP/1.1 304"));
  };
  const first = await ask();
  expect(first).toMatch(/date: Sat, 03 Jan 2026 00:00:00 GMT\r\n.*content-length: 10\r\n\r\n0123456789$/s);
  for (let n = 0; n < 3; n++) expect(await ask()).toBe(first);
  expect(await ask("Accept-Encoding: br\r\n")).toMatch(/etag: "br"\r\n.*content-length: 1\r\n\r\nB$/s);
  expect(await ask('If-None-Match: "plain"\r\n')).toMatch(/^HTTP\/1\.1 304 .*etag: "plain"\r\n/s);
  expect(await ask()).toBe(first);
  await vi.advanceTimersByTimeAsync(2000);
  for (let n = 0; n < 3; n++) expect(await ask()).toBe(first.replace("00:00:00", "00:00:02"));
  await client.close();
  listener.close();
  await served;
  vi.useRealTimers();
});

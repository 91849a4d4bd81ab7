import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp, Response, serve } from "../src/index.ts";
import { listenOnLoopback } from "./node-listener.ts";

const run = promisify(execFile);
const stop = new AbortController();
let port = 0;
let served: Promise<void>;

const app = createApp()
  .get("/hello/:name", ({ params }) => `Hello ${params.name}!\n`)
  .post("/echo", async ({ request }) => new Response(await request.bytes()))
  .get("/stream", () => {
    async function* lines() {
      for (let line = 1; line <= 3; line++) yield `line ${line}\n`;
    }
    return new Response(lines());
  });

beforeAll(async () => {
  const listener = await listenOnLoopback();
  port = listener.port;
  served = serve(listener, app, { signal: stop.signal });
});
afterAll(async () => {
  stop.abort();
  await served;
});

const curl = async (...args: string[]) =>
  (await run("curl", ["-sS", "--max-time", "10", ...args], { encoding: "latin1" })).stdout;
const url = (path: string) => `http://127.0.0.1:${port}${path}`;

test("curl -i shows a greeting", async () => {
  expect(await curl("-i", url("/hello/Ada"))).toMatch(
    /^HTTP\/1\.1 200 OK\r\ndate: .* GMT\r\ncontent-type: text\/plain; charset=utf-8\r\ncontent-length: 11\r\n\r\nHello Ada!\n$/,
  );
});

test("curl uses one connection for several URLs", async () => {
  const seen = await curl(
    "-w",
    "%{num_connects} ",
    url("/hello/a"),
    "-o",
    "/dev/null",
    url("/hello/b"),
    "-o",
    "/dev/null",
  );
  expect(seen).toBe("1 0 ");
});

test("curl -I gets the head alone", async () => {
  expect(await curl("-I", url("/hello/Ada"))).toMatch(/content-length: 11\r\n\r\n$/);
});

test.each([[[]], [["-H", "Transfer-Encoding: chunked"]], [["-H", "Expect: 100-continue"]]])(
  "curl %s uploads and gets back a megabyte less a bit",
  async (extra) => {
    const body = randomBytes(1_000_000);
    const child = run("curl", ["-sS", "--max-time", "10", ...extra, "--data-binary", "@-", url("/echo")], {
      encoding: "buffer",
      maxBuffer: 2_000_000,
    });
    child.child.stdin!.end(body);
    const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    expect(hash((await child).stdout)).toBe(hash(body));
  },
);

test("curl reads a stream, over HTTP/1.1 and HTTP/1.0", async () => {
  expect(await curl(url("/stream"))).toBe("line 1\nline 2\nline 3\n");
  expect(await curl("--http1.0", url("/stream"))).toBe("line 1\nline 2\nline 3\n");
});

test("50 clients at once while another sends garbage", async () => {
  const bad = connect(port, "127.0.0.1");
  bad.on("error", () => {});
  bad.write(randomBytes(10_000));
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const response = await fetch(url(`/hello/${index}`));
      return response.text();
    }),
  );
  expect(answers).toEqual(Array.from({ length: 50 }, (_, index) => `Hello ${index}!\n`));
  bad.destroy();
});

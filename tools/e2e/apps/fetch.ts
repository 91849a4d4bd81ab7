// Fetches what the command line names, and says what came of it: one line of JSON each.
import { stack } from "@soloist/net";
import { parameter, run } from "@soloist/runtime";
import { createApp, createFetch, FetchError, serve } from "@soloist/web";

const from = parameter("from", { help: "base URL of the server", placeholder: "URL", parse: (text) => text });
const serving = parameter("serve", { help: "serve instead", default: false, parse: (text) => text === "true" });

const app = createApp()
  .get("/hello", () => "hello from an image\n")
  .post("/count", async ({ request }) => {
    let length = 0;
    for await (const piece of request.body ?? []) length += piece.length;
    return `${length}`;
  });

/** Length, and the sum of every 61st byte: an error in the order or the place of pieces shows. */
async function sum(body: AsyncIterable<Uint8Array> | null): Promise<[length: number, sum: number]> {
  let length = 0;
  let total = 0;
  for await (const piece of body ?? []) {
    for (let at = (61 - (length % 61)) % 61; at < piece.length; at += 61) total += piece[at]!;
    length += piece.length;
  }
  return [length, total];
}

async function* pieces(count: number, size: number) {
  for (let index = 0; index < count; index++) yield new Uint8Array(size).fill(index & 0xff);
}

run([stack({ name: "service" }), from, serving], async ({ tcp }, base, serves) => {
  if (serves) {
    const listener = tcp.listen({ port: 80 });
    console.log("Listening on port 80");
    return serve(listener, app, { maxBody: 64 * 1024 * 1024 });
  }
  const fetch = createFetch(tcp, { idleTimeout: 60 });
  const say = async (what: string, work: () => Promise<unknown>) => {
    let result: unknown;
    try {
      result = await work();
    } catch (error) {
      result = error instanceof FetchError ? error.code : `${error}`;
    }
    console.log(`${what} ${JSON.stringify(result)}`);
  };

  await say("hello", async () => (await fetch(`${base}/hello`)).text());
  await say("reuse", async () => {
    for (let index = 0; index < 50; index++) await (await fetch(`${base}/hello`)).text();
    return fetch.counters.connections;
  });
  await say("upload", async () => {
    const response = await fetch(`${base}/count`, { method: "POST", body: pieces(200, 50_000) });
    return response.text();
  });
  await say("large", async () => {
    const response = await fetch(`${base}/count`, { method: "POST", body: new Uint8Array(5_000_000) });
    return response.text();
  });
  await say("download", async () => sum((await fetch(`${base}/download/20000000`)).body));
  await say("gzip", async () => sum((await fetch(`${base}/gzip/1000000`)).body));
  await say("redirect", async () => {
    const response = await fetch(`${base}/redirect/3`);
    return [response.url.slice(base!.length), response.redirected, await response.text()];
  });
  await say("loop", async () => (await fetch(`${base}/loop`)).status);
  await say("manual", async () => (await fetch(`${base}/redirect/3`, { redirect: "manual" })).status);
  await say("abort", async () => {
    const started = performance.now();
    try {
      await fetch(`${base}/silent`, { signal: AbortSignal.timeout(300) });
      return "answered";
    } catch (error) {
      return [(error as Error).name, performance.now() - started >= 300];
    }
  });
  await say("left", async () => {
    for await (const piece of (await fetch(`${base}/download/20000000`)).body!) return piece.length > 0;
  });
  await say("closed", async () => {
    const texts: string[] = [];
    for (let index = 0; index < 5; index++) texts.push(await (await fetch(`${base}/closing`)).text());
    return texts.join("");
  });
  await say("tls", async () => (await fetch("https://example.com/")).status);
  await say("refused", async () => (await fetch(`http://${new URL(base!).hostname}:9/`)).status);
  await say("together", async () => {
    const texts = await Promise.all(Array.from({ length: 100 }, async () => (await fetch(`${base}/hello`)).text()));
    return new Set(texts).size;
  });
  await say("counters", async () => fetch.counters);
});

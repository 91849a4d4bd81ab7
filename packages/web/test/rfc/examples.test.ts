// examples.md: what a client sends, and what it has to be answered.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createApp, parseCookies, serve, staticFiles } from "../../src/index.ts";
import { latin1, text } from "../http/events.ts";
import { MemoryListener } from "../memory-flow.ts";

const cases = readFileSync(new URL("examples.md", import.meta.url), "utf8")
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const [request, answer] = Array.from(section.matchAll(/```http\n([\s\S]*?)```/g), (block) => block[1]!);
    return {
      name: section.slice(0, section.indexOf("\n")),
      // Behind a head stands an empty line, behind content nothing.
      request: request!.replace(/([^\n])\n$/, "$1").replaceAll("\n", "\r\n"),
      answer: answer!.trimEnd(),
    };
  });

const identity = { encoding: "identity", bytes: latin1("0123456789".repeat(1000)), etag: '"xyzzy"' };
const lastModified = "Tue, 15 Nov 1994 12:45:26 GMT";
const modified = Date.parse(lastModified) / 1000;
const file = { type: "text/plain", lastModified, modified, identity, variants: [identity] };

const app = createApp()
  .get("/where", ({ request }) => `${request.method} ${request.url}`)
  .post("/echo", ({ request }) => request.text())
  .get("/cookies", ({ request }) => Object.fromEntries(parseCookies(request.headers.get("cookie"))))
  .get("/*path", staticFiles({ lookup: (path) => (path === "/bytes" ? file : undefined) }));

test.each(cases)("$name", async ({ request, answer }) => {
  const listener = new MemoryListener();
  const stop = new AbortController();
  const served = serve(listener, app, { signal: stop.signal });
  const client = listener.connect();
  await client.write(latin1(request));
  client.shutdown();
  let answered = "";
  for (let piece = await client.read(); piece !== undefined; piece = await client.read()) answered += text(piece);
  const shown = answered
    .replace(/^date: .*\r\n/gm, "")
    .replaceAll("\r\n", "\n")
    .trimEnd();
  expect(shown).toBe(answer);
  stop.abort();
  await served;
});

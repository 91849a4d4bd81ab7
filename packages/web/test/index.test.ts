import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { expect, test } from "vitest";
import * as web from "../src/index.ts";
import { MemoryListener, readUntil } from "./memory-flow.ts";

/** The first program in a text, with the packages that web does not see replaced by stand-ins. */
function programIn(text: string): string {
  const code = /```ts\n([\s\S]*?)```/.exec(text)![1]!.replace(/^ \* ?/gm, "");
  return stripTypeScriptTypes(code).replace(
    /^import \{(.*)\} from "@soloist\/(\w+)";$/gm,
    (_all, names: string, name: string) => `const {${names}} = packages.${name};`,
  );
}

test.each([
  ["src/index.ts", "../src/index.ts"],
  ["README.md", "../README.md"],
])("the program in %s runs", async (_name, path) => {
  const listener = new MemoryListener();
  const packages = {
    web,
    net: { stack: (options: { name: string }) => ({ tcp: { listen: () => listener }, ...options }) },
    runtime: { run: (devices: unknown[], main: (device: unknown) => Promise<void>) => main(devices[0]) },
  };
  new Function("packages", programIn(readFileSync(new URL(path, import.meta.url), "utf8")))(packages);
  const client = listener.connect();
  const ask = async (request: string, end: string) => {
    await client.write(request);
    return readUntil(client, (text) => text.endsWith(end));
  };
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  expect(await ask(get("/"), "</p>")).toContain("text/html");
  expect(await ask(get("/hello/Ada"), "!\n")).toContain("Hello Ada!");
  expect(await ask(get("/hello/Ada?in=fr"), "!\n")).toContain("Bonjour Ada!");
  expect(await ask(get("/hello/Ada?in=xx"), "that\n")).toContain("404 Not Found");
  expect(await ask("PUT /greetings/de HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHallo", "\r\n\r\n")).toMatch(
    /201 Created.*\/greetings\/de/s,
  );
  expect(await ask(get("/greetings"), "}")).toContain('{"en":"Hello","fr":"Bonjour","de":"Hallo"}');
});

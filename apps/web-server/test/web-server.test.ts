import { readFileSync } from "node:fs";
import { curl, GUEST, namespacesMissing, runIn, type Serving, serves, targets } from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Megabytes. */
const MEMORY = 32;
const missing = namespacesMissing();

describe.skipIf(missing !== undefined).each(targets)(
  `web-server on %s${missing ? ` (skipped: ${missing})` : ""}`,
  (target) => {
    let server: Serving;
    beforeAll(async () => {
      server = await serves("apps/web-server", target, { memory: MEMORY });
    });
    afterAll(() => server[Symbol.asyncDispose]());

    const get = (path: string, ...args: string[]) => curl(server.net, [...args, `http://${GUEST}${path}`]);
    const status = (path: string, ...args: string[]) =>
      get(path, "-o", "/dev/null", "-w", "%{http_code} %{content_type}", ...args);

    it("greets by name", async () => {
      expect(await get("/hello/Ada")).toBe("Hello Ada!\n");
    });

    it("decodes a name in UTF-8", async () => {
      expect(await get("/hello/J%C3%BCrgen%20%F0%9F%8E%88")).toBe("Hello Jürgen 🎈!\n");
    });

    it("answers JSON", async () => {
      expect(JSON.parse(await get("/json/12"))).toEqual({ n: 12, square: 144 });
      expect(await status("/json/12")).toBe("200 application/json");
    });

    it("sends JSON back", async () => {
      const value = { text: "ünï🎈", list: [1, 2.5, null, true], nested: { a: { b: [] } } };
      expect(
        JSON.parse(await get("/echo", "-H", "content-type: application/json", "-d", JSON.stringify(value))),
      ).toEqual(value);
    });

    it("has a page for people, in HTML", async () => {
      const page = await get("/");
      expect(page).toMatch(/^<!doctype html>/);
      expect(page).toContain('name="viewport"');
      expect(await status("/")).toBe("200 text/html;charset=utf-8");
      expect(await get("/style.css", "--compressed")).toContain("prefers-color-scheme: dark");
      expect(await get("/app.js", "-o", "/dev/null", "-w", "%header{content-encoding}", "--compressed")).toBe("br");
    });

    it("shows its own program, and no other", async () => {
      const source = readFileSync(new URL("../src/main.ts", import.meta.url), "utf8");
      const shown = /<pre><code>([\s\S]*?)<\/code>/.exec(await get("/"))![1]!.replaceAll("&gt;", ">");
      for (const line of shown.split("\n")) expect(source).toContain(line.trim());
    });

    it("answers a form with where to go on", async () => {
      const answer = await get(
        "/greet",
        "-d",
        "name=Ada%26co",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code} %header{location}",
      );
      expect(answer).toBe("303 /hello/Ada%26co");
    });

    it("counts an upload as it comes: more than its memory holds", async () => {
      const bytes = (MEMORY + 8) << 20;
      const answer = await runIn(server.net, "sh", [
        "-c",
        `head -c ${bytes} /dev/zero | curl -sS --max-time 500 -H 'expect:' -T - -X POST http://${GUEST}/upload`,
      ]);
      expect(answer.stdout).toBe(`{"bytes":${bytes}}`);
    });

    it("sends its clock as events", async () => {
      const { stdout } = await runIn(server.net, "sh", ["-c", `curl -sSN http://${GUEST}/clock | head -4`]);
      expect(stdout).toMatch(/data: \{"time":"20\d\d-[^"]+","uptime":[\d.]+,"requests":\d+,"connections":\d+\}/);
    });

    it("answers 404 for what it does not have, 405 for a method that a path does not take", async () => {
      expect(await status("/nothing")).toMatch(/^404 /);
      expect(await status("/echo", "-X", "DELETE")).toMatch(/^405 /);
    });

    it("answers 400 for JSON that is none", async () => {
      expect(await status("/echo", "-d", "{")).toMatch(/^400 /);
    });

    it("HEAD has the headers of GET and no body", async () => {
      expect(await get("/hello/Ada", "-I")).toMatch(/^HTTP\/1\.1 200 [\s\S]*content-length: 11\r\n/i);
    });

    it("is still alive after all that", () => {
      expect(server.guest.alive).toBe(true);
    });
  },
);

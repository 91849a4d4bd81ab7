import { memoryStore } from "@soloist/kv";
import { File, FormData } from "@soloist/web";
import { describe, expect, it } from "vitest";
import { visitsOf } from "../src/links.ts";
import { qrSvg } from "../src/qr.ts";
import { make, shortener, submit } from "./fixture.ts";

const TARGET = "https://example.org/a?b=1&c=2";

describe("pages", () => {
  it("the start page has a form with labels, and says where links are kept", async () => {
    const { app } = await shortener();
    const response = await app.request("/");
    const page = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page).toContain("Links are kept in a test.");
    for (const [, id] of page.matchAll(/<input id="([^"]+)"/g)) expect(page).toContain(`<label for="${id}">`);
    expect(page).not.toMatch(/<script/i);
    expect(response.headers.get("content-security-policy")).toMatch(/default-src 'none'/);
  });

  it("a form makes a link, which is followed and counted", async () => {
    const { app, links } = await shortener();
    const made = await submit(app, "/links", { url: TARGET, alias: "xvw" });
    expect(made.status).toBe(201);
    expect(await made.text()).toMatch(/id="key"[^>]* value="[a-z2-9]{20}"/);
    const followed = await app.request("/xvw");
    expect([followed.status, followed.headers.get("location")]).toEqual([302, TARGET]);
    expect(followed.headers.get("cache-control")).toBe("no-store");
    await app.request("/XVW");
    await app.request("/xvw", { method: "HEAD" });
    expect(visitsOf(links.get("xvw")!)).toBe(2);
  });

  it.each([
    ["a crawler", { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" }],
    ["a preview", { "user-agent": "facebookexternalhit/1.1" }],
    ["a browser that fetches ahead", { "sec-purpose": "prefetch;prerender" }],
  ])("%s is sent on, but is no visit", async (_name, headers: Record<string, string>) => {
    const { app, links } = await shortener();
    await make(app, TARGET, "xvw");
    expect((await app.request("/xvw", { headers })).status).toBe(302);
    expect(visitsOf(links.get("xvw")!)).toBe(0);
  });

  it("a link's page shows its visits by day: as a picture with words, and as a table", async () => {
    const { app } = await shortener();
    await make(app, TARGET, "xvw");
    for (let index = 0; index < 3; index++) await app.request("/xvw");
    const page = await (await app.request("/links/xvw")).text();
    expect(page).toMatch(/role="img" aria-label="3 visits from 2025-12-03 to 2026-01-01, at most 3 on 2026-01-01\."/);
    expect(page.match(/<rect /g)).toHaveLength(30);
    expect(page).toContain("<tr><td>2026-01-01</td><td>3</td></tr>");
    expect(page).not.toContain(" style=");
  });

  it("a link has a QR code", async () => {
    const { app } = await shortener();
    await make(app, TARGET, "xvw");
    const response = await app.request("/links/xvw/qr.svg", { headers: { host: "short.test" } });
    expect(response.headers.get("content-type")).toBe("image/svg+xml");
    expect(await response.text()).toBe(qrSvg("http://short.test/xvw"));
    expect((await app.request("/links/none/qr.svg")).status).toBe(404);
  });

  it("lines are imported from a file or a field, and exported", async () => {
    const { app } = await shortener();
    const lines = `{"url":"https://example.org/a","alias":"a"}\nnonsense\n`;
    const page = await submit(app, "/import", { lines });
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringMatching(/1 link imported[\s\S]*This is not JSON/),
    ]);
    const form = new FormData();
    form.set("file", new File([lines], "links.jsonl"));
    const uploaded = await app.request("/import", { method: "POST", body: form });
    expect(await uploaded.text()).toMatch(/href="\/links\/a-1"/);
    expect((await submit(app, "/import", { lines: " " })).status).toBe(422);
    expect((await submit(app, "/import", { lines: "\n".repeat(300_000) + lines })).status).toBe(413);
    const exported = await app.request("/export");
    expect(exported.headers.get("content-disposition")).toContain("attachment");
    expect((await exported.text()).match(/"alias":"a(-1)?"/g)).toHaveLength(2);
  });

  it("changes have a rate, and people are told in a page", async () => {
    const { app, links } = await shortener(memoryStore(), { changes: 3, imports: 1, now: () => 0 });
    for (let index = 0; index < 3; index++) expect((await submit(app, "/links", { url: TARGET })).status).toBe(201);
    const refused = await submit(app, "/links", { url: TARGET });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.text()).toContain("Please wait a little");
    expect(links.count).toBe(3);
    expect((await app.request("/links")).status).toBe(200);
    const json = await app.request("/api/links", { method: "POST", body: "{}" });
    expect([json.status, await json.json()]).toEqual([429, { error: expect.any(String) }]);
  });

  it("a method that a path does not take is refused with a page that says so", async () => {
    const { app } = await shortener();
    const response = await app.request("/links", { method: "PUT" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, expect.stringContaining("POST")]);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
  });

  it("a form with mistakes comes back with them, and with what was typed", async () => {
    const { app, links } = await shortener();
    const response = await submit(app, "/links", { url: "javascript:alert(1)", alias: 'x"><script>' });
    const page = await response.text();
    expect(response.status).toBe(422);
    expect(page).toContain("Only http and https");
    expect(page).toContain('value="javascript:alert(1)"');
    expect(page).toContain("x&quot;&gt;&lt;script&gt;");
    expect(page.match(/aria-invalid="true"/g)).toHaveLength(2);
    expect(links.count).toBe(0);
  });

  it("no text from outside becomes markup", async () => {
    const { app } = await shortener();
    const evil = "<script>alert(1)</script>";
    await make(app, `https://example.org/?q='${evil}&x="onload="`, "evil");
    for (const path of [
      "/",
      "/links",
      `/links?q=${encodeURIComponent(evil)}`,
      "/links/evil",
      `/${encodeURIComponent(evil)}`,
      `/links/${encodeURIComponent(evil)}`,
    ]) {
      const page = await (await app.request(path, { headers: { host: evil } })).text();
      expect(page, path).not.toMatch(/<script|"onload=/i);
    }
  });

  it("a link is deleted with its key, and with no other", async () => {
    const { app, links } = await shortener();
    const { key } = await make(app, TARGET, "xvw");
    const refused = await submit(app, "/links/xvw/delete", { key: `${key}x` });
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("not the key");
    expect((await submit(app, "/links/xvw/delete", {})).status).toBe(403);
    expect(links.count).toBe(1);
    expect((await submit(app, "/links/xvw/delete", { key })).status).toBe(200);
    expect((await app.request("/xvw")).status).toBe(404);
    expect((await submit(app, "/links/xvw/delete", { key })).status).toBe(404);
  });

  it("other sites change nothing", async () => {
    const { app, links } = await shortener();
    const { key } = await make(app, TARGET, "xvw");
    const origins: Record<string, string>[] = [{ "sec-fetch-site": "cross-site" }, { origin: "http://evil.test" }];
    for (const headers of origins) {
      expect((await submit(app, "/links", { url: TARGET }, headers)).status).toBe(403);
      expect((await submit(app, "/links/xvw/delete", { key }, headers)).status).toBe(403);
    }
    expect(links.count).toBe(1);
  });

  it("the directory has pages, which keep search and order", async () => {
    const { app } = await shortener();
    for (let index = 0; index < 45; index++) await make(app, `${TARGET}&n=${index}`, `n${index}`);
    const page = await (await app.request("/links?q=example&sort=alias&page=2")).text();
    expect(page).toContain("45 links");
    expect(page).toContain("Page 2 of 3");
    expect(page).toContain('href="/links?q=example&amp;sort=alias&amp;page=3"');
    expect(page).toContain('<option value="alias" selected>');
    expect(page.match(/class="alias"/g)).toHaveLength(20);
  });
});

describe("files", () => {
  it("have addresses that change with their content, so they may be kept for a year", async () => {
    const { app } = await shortener();
    const path = /href="(\/assets\/style\.css\?v=[\w-]+)"/.exec(await (await app.request("/")).text())![1]!;
    const response = await app.request(path);
    expect(response.headers.get("content-type")).toMatch(/^text\/css/);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const etag = response.headers.get("etag")!;
    const again = await app.request(path, { headers: { "if-none-match": `"other", ${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it("come compressed to those who take it, with an entity tag of their own", async () => {
    const { app } = await shortener();
    const plain = await app.request("/assets/style.css");
    const brotli = await app.request("/assets/style.css", { headers: { "accept-encoding": "gzip, deflate, br" } });
    expect(brotli.headers.get("content-encoding")).toBe("br");
    expect(brotli.headers.get("etag")).not.toBe(plain.headers.get("etag"));
    expect((await brotli.bytes()).length).toBeLessThan((await plain.bytes()).length);
  });

  it("lead nowhere else", async () => {
    const { app } = await shortener();
    for (const path of ["/assets/../style.css", "/assets/%2e%2e/x", "/assets/none.css"]) {
      expect((await app.request(path)).status).toBe(404);
    }
  });
});

describe("the API", () => {
  const post = (body: string, headers: Record<string, string> = { "content-type": "application/json" }) => ({
    method: "POST",
    headers,
    body,
  });

  it("makes, shows, lists and deletes", async () => {
    const { app } = await shortener();
    const { key, ...rest } = await make(app, TARGET, "xvw");
    expect(rest).toEqual({ alias: "xvw", url: TARGET, created: "2026-01-01T00:00:01.000Z", visits: 0 });
    const shown = await (await app.request("/api/links/xvw")).json();
    expect(shown).toEqual({ ...rest, days: expect.any(Array) });
    expect((shown as { days: unknown[] }).days).toHaveLength(30);
    expect(await (await app.request("/api/links?q=xv")).json()).toEqual({ links: [rest], page: 1, pages: 1, total: 1 });
    const remove = async (headers: Record<string, string>) =>
      (await app.request("/api/links/xvw", { method: "DELETE", headers })).status;
    expect(await remove({})).toBe(401);
    expect(await remove({ "edit-key": "wrong" })).toBe(403);
    expect(await remove({ "edit-key": key, "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await remove({ "edit-key": key })).toBe(204);
    expect(await remove({ "edit-key": key })).toBe(404);
  });

  it.each([
    ["text that is not JSON", "{", 400],
    ["null", "null", 422],
    ["no address", "{}", 422],
    ["an address that is no text", '{"url":1}', 422],
    ["an alias that is no text", '{"url":"https://example.org","alias":1}', 422],
    ["a reserved alias", '{"url":"https://example.org","alias":"api"}', 422],
    ["javascript:", '{"url":"javascript:alert(1)"}', 422],
  ])("refuses %s", async (_name, body, status) => {
    const { app } = await shortener();
    const response = await app.request("/api/links", post(body));
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String) });
  });

  it("imports lines, and says what became of each", async () => {
    const { app } = await shortener();
    const body = `${JSON.stringify({ url: TARGET, alias: "a" })}\n{"url":"ftp://x"}`;
    const response = await app.request("/api/import", post(body, { "content-type": "application/jsonl" }));
    expect(await response.json()).toMatchObject({
      imported: 1,
      failed: 1,
      lines: [
        { line: 1, alias: "a", key: expect.stringMatching(/^[a-z2-9]{20}$/) },
        { line: 2, error: expect.any(String) },
      ],
    });
    expect((await app.request("/api/import", post(body, { "content-type": "text/plain" }))).status).toBe(415);
  });

  it("takes nothing that a form could send", async () => {
    const { app } = await shortener();
    const body = JSON.stringify({ url: TARGET });
    expect((await app.request("/api/links", post(body, { "content-type": "text/plain" }))).status).toBe(415);
  });
});

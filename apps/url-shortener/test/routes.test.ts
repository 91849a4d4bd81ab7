import { describe, expect, it } from "vitest";
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
    expect(await made.text()).toContain(links.get("xvw")!.key);
    const followed = await app.request("/xvw");
    expect([followed.status, followed.headers.get("location")]).toEqual([302, TARGET]);
    expect(followed.headers.get("cache-control")).toBe("no-store");
    await app.request("/XVW");
    await app.request("/xvw", { method: "HEAD" });
    expect(links.get("xvw")!.hits).toBe(2);
    expect(await (await app.request("/links/xvw")).text()).not.toContain(links.get("xvw")!.key);
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
    expect(rest).toEqual({ alias: "xvw", url: TARGET, created: "2026-01-01T00:00:01.000Z", hits: 0 });
    expect(await (await app.request("/api/links/xvw")).json()).toEqual(rest);
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

  it("takes nothing that a form could send", async () => {
    const { app } = await shortener();
    const body = JSON.stringify({ url: TARGET });
    expect((await app.request("/api/links", post(body, { "content-type": "text/plain" }))).status).toBe(415);
  });
});

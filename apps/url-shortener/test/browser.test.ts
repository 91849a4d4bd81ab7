import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { build, curl, freePort, Guest, here, image } from "@soloist/tool-e2e";
import {
  type Browser,
  browserMissing,
  isTooWide,
  lowContrast,
  openBrowser,
  type Page,
  patient,
  screenshot,
} from "@soloist/tool-e2e/browser";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const TARGET = "https://example.org/a/page";
const PHONE = { width: 360, height: 740 };
const suffix = browserMissing ? ` (skipped: ${browserMissing})` : "";

describe.skipIf(browserMissing !== undefined)(`a booted image in Chromium, pages without scripts${suffix}`, () => {
  let guest: Guest;
  let browser: Browser;
  let base: string;
  let page: Page;
  /** Stands for the rest of the web. */
  const elsewhere = createServer((_request, response) => response.end("You have arrived."));
  /** What the browser refused to load or run. */
  const complaints: string[] = [];

  beforeAll(async () => {
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    const noDisk = image("no-disk.img");
    writeFileSync(noDisk, new Uint8Array(512));
    guest = Guest.boot({
      target: "virtio",
      image: build("apps/url-shortener", "virtio"),
      forward: { from: port, to: 80 },
      blocks: { links: noDisk },
    });
    await guest.says(/listening/i);
    browser = await openBrowser();
    page = patient(await browser.newPage({ javaScriptEnabled: false, baseURL: base }));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText;
      // Icons are given up when the next page is opened before they came.
      if (why !== "net::ERR_ABORTED") complaints.push(`${request.url()} ${why}`);
    });
    elsewhere.listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
  });
  beforeEach(async () => {
    await page.setViewportSize({ width: 1100, height: 800 });
    await page.emulateMedia({ colorScheme: "light" });
  });
  afterAll(async () => {
    await browser?.close();
    elsewhere.close();
    await guest?.[Symbol.asyncDispose]();
  });

  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate("document.activeElement.id || document.activeElement.textContent");

  async function shorten(url: string, alias: string): Promise<void> {
    await page.goto("/");
    await page.getByLabel("Long address").fill(url);
    await page.getByLabel("Alias").fill(alias);
    await page.getByRole("button", { name: "Shorten" }).click();
  }

  it("keys alone make links; a taken alias gets a number", async () => {
    for (const alias of ["xvw", "xvw-1", "xvw-2"]) {
      await page.goto("/");
      const order = [];
      for (let index = 0; index < 6; index++) {
        await press("Tab");
        order.push(await focused());
      }
      expect(order).toEqual(["Skip to content", "shortlinks", "New", "All links", "Import", "url"]);
      await page.keyboard.type(TARGET);
      await press("Tab");
      await page.keyboard.type("xvw");
      await press("Enter");
      await page.waitForURL("**/links");
      expect(await page.title()).toBe(`/${alias} is ready`);
    }
    await screenshot(page, "url-shortener-created");
  });

  it("what has the focus is plain to see", async () => {
    await page.goto("/");
    await press("Tab", "Tab", "Tab");
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")).toBe("3px");
    await page.goto("/");
    await press("Tab");
    expect(await page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")).toBe(true);
    await press("Enter");
    expect(page.url()).toBe(`${base}/#content`);
  });

  it("a short link leads where it should; its page counts the visit and draws it", async () => {
    const target = `http://127.0.0.1:${(elsewhere.address() as { port: number }).port}/a/page`;
    await shorten(target, "follow");
    await page.getByRole("link", { name: "follow" }).click();
    await page.getByText("You have arrived.").waitFor();
    expect(page.url()).toBe(target);
    await page.goto("/links/follow");
    expect(await page.getByRole("definition").first().textContent()).toBe("1");
    await page.getByRole("img", { name: /^1 visit from .* at most 1 on/ }).waitFor();
    await page.getByText("As a table").click();
    expect(await page.locator("details tbody tr").count()).toBe(1);
    expect(await page.evaluate("document.querySelector('.qr').naturalWidth > 0")).toBe(true);
    await screenshot(page, "url-shortener-statistics");
  });

  it("mistakes are said beside their field, which has the focus", async () => {
    await shorten("javascript:alert(1)", "ok");
    expect(await page.getByRole("alert").textContent()).toMatch(/Only http and https/);
    expect(await focused()).toBe("url");
    expect(await page.getByLabel("Alias").inputValue()).toBe("ok");
    await screenshot(page, "url-shortener-mistake");
  });

  it("the directory is searched and sorted", async () => {
    await page.goto("/links");
    await page.getByLabel("Order").selectOption("alias");
    await page.getByLabel("Search").fill("XVW");
    await press("Enter");
    await page.waitForURL("**sort=alias");
    expect(await page.getByRole("status").textContent()).toBe("3 links for “XVW”");
    expect(await page.locator(".alias").allTextContents()).toEqual(["/xvw", "/xvw-1", "/xvw-2"]);
    await page.getByLabel("Order").selectOption("visits");
    await page.getByLabel("Search").fill("");
    await page.getByRole("button", { name: "Show" }).click();
    expect(await page.locator(".alias").first().textContent()).toBe("/follow");
  });

  it("a file is imported, in pages; what is exported is what there is", async () => {
    await page.goto("/import");
    const lines = Array.from({ length: 30 }, (_, index) => `{"url":"${TARGET}","alias":"n${index}"}`);
    const buffer = Buffer.from([...lines, "nonsense"].join("\n"));
    await page.getByLabel("File").setInputFiles({ name: "links.jsonl", mimeType: "application/jsonl", buffer });
    await page.getByRole("button", { name: "Import" }).click();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("30 links imported");
    expect(await page.getByText("This is not JSON.").count()).toBe(1);
    await page.goto("/links");
    await page.getByRole("link", { name: "Next" }).click();
    await page.getByText("Page 2 of 2").waitFor();
    await screenshot(page, "url-shortener-directory");
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export" }).click();
    const exported = readFileSync(await (await download).path(), "utf8");
    expect(exported.trim().split("\n")).toHaveLength(34);
  });

  it("a link is deleted with the key that was shown", async () => {
    await shorten(TARGET, "gone");
    const key = await page.getByLabel("Edit key").inputValue();
    for (const [text, title] of [
      ["wrong", "/gone"],
      [key, "Deleted"],
    ] as const) {
      await page.goto("/links/gone");
      await page.getByLabel("Edit key").fill(text);
      await page.getByRole("button", { name: "Delete" }).click();
      expect(await page.title()).toBe(title);
    }
    expect((await page.goto("/gone"))!.status()).toBe(404);
  });

  it("no page is wider than a phone, whatever the links are", async () => {
    await page.setViewportSize(PHONE);
    await shorten(`https://example.org/${"x".repeat(500)}`, "a".repeat(40));
    await screenshot(page, "url-shortener-phone-created");
    expect(await isTooWide(page)).toBe(false);
    for (const path of ["/", "/links", `/links/${"a".repeat(40)}`, "/links/follow", "/import", "/nothing"]) {
      await page.goto(path);
      expect([path, await isTooWide(page)]).toEqual([path, false]);
      await screenshot(page, `url-shortener-phone-${path.replace(/\W/g, "").slice(0, 12) || "start"}`);
    }
  });

  it.each([
    ["light", "rgb(244, 242, 236)"],
    ["dark", "rgb(16, 19, 17)"],
  ] as const)("text has a contrast of 4.5 or more, %s", async (colorScheme, ground) => {
    await page.emulateMedia({ colorScheme });
    for (const path of ["/", "/links", "/links/follow", "/import", "/nothing"]) {
      await page.goto(path);
      expect([path, await lowContrast(page)]).toEqual([path, []]);
      await screenshot(page, `url-shortener-${colorScheme}-${path.replace(/\W/g, "") || "start"}`);
    }
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(ground);
  });

  it("a page of another origin cannot make a link", async () => {
    const before = JSON.parse(await curl(here, [`${base}/api/links`])) as { total: number };
    const form = `<form method="post" action="${base}/links"><input name="url" value="https://evil.example/"><button>go</button></form>`;
    await page.goto(`data:text/html,${encodeURIComponent(form)}`);
    await page.getByRole("button").click();
    await page.getByText("other sites change nothing").waitFor();
    expect(JSON.parse(await curl(here, [`${base}/api/links`]))).toMatchObject({ total: before.total });
  });

  it("the browser refused nothing of all that: the policy fits the pages", () => {
    expect(complaints.filter((text) => !/status of (403|404|422)/.test(text))).toEqual([]);
    expect(guest.alive).toBe(true);
  });
});

import { build, curl, freePort, Guest, here } from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser, browserMissing } from "./browser.ts";

const suffix = browserMissing ? ` (skipped: ${browserMissing})` : "";

describe.skipIf(browserMissing !== undefined)(`a booted image in Chromium, pages without scripts${suffix}`, () => {
  let guest: Guest;
  let browser: Browser;
  let base: string;
  beforeAll(async () => {
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    const image = build("apps/url-shortener", "virtio");
    guest = Guest.boot({ target: "virtio", image, forward: { from: port, to: 80 } });
    await guest.says(/listening/i);
    browser = await Browser.start();
    await browser.withoutScripts();
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await guest?.[Symbol.asyncDispose]();
  });

  const focused = () => browser.evaluate("document.activeElement.id || document.activeElement.textContent");

  /** Fills the form of the start page with keys only. */
  async function shorten(url: string, alias: string): Promise<void> {
    await browser.open(`${base}/`);
    const order = [];
    for (let index = 0; index < 4; index++) {
      await browser.press("Tab");
      order.push(await focused());
    }
    expect(order).toEqual(["Skip to content", "shortlinks", "All links", "url"]);
    await browser.type(url);
    await browser.press("Tab");
    await browser.type(alias);
    await browser.loads(() => browser.press("Enter"));
  }

  it("keys alone make links; a taken alias gets a number", async () => {
    await browser.view(1100, 900, "light");
    for (const alias of ["xvw", "xvw-1", "xvw-2"]) {
      await shorten("https://example.org/by/keyboard", "xvw");
      expect(await browser.evaluate("document.title")).toBe(`/${alias} is ready`);
    }
  });

  it("mistakes are said beside their field, which has the focus", async () => {
    await shorten("javascript:alert(1)", "ok");
    expect(await browser.evaluate("document.getElementById('url-hint').textContent")).toMatch(/Only http and https/);
    expect(await focused()).toBe("url");
  });

  it("no page is wider than a phone, whatever the links are", async () => {
    await browser.view(360, 740, "light");
    await shorten(`https://example.org/${"x".repeat(500)}`, "a".repeat(40));
    const wide = "document.documentElement.scrollWidth > innerWidth";
    expect(await browser.evaluate("innerWidth")).toBe(360);
    expect(await browser.evaluate(wide)).toBe(false);
    for (const path of ["/", "/links", `/links/${"a".repeat(40)}`, "/nothing"]) {
      await browser.open(base + path);
      expect([path, await browser.evaluate(wide)]).toEqual([path, false]);
    }
  });

  it.each(["light", "dark"] as const)("text has a contrast of 4.5 or more, %s", async (scheme) => {
    await browser.view(1100, 900, scheme);
    for (const path of ["/", "/links", "/links/xvw"]) {
      await browser.open(base + path);
      expect([path, await browser.evaluate(LOW_CONTRAST)]).toEqual([path, []]);
    }
    expect(await browser.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(
      scheme === "dark" ? "rgb(16, 21, 18)" : "rgb(244, 246, 243)",
    );
  });

  it("a page of another origin cannot make a link", async () => {
    const before = JSON.parse(await curl(here, [`${base}/api/links`])) as { total: number };
    const form = `<form method="post" action="${base}/links"><input name="url" value="https://evil.example/"><button>go</button></form>`;
    await browser.open(`data:text/html,${encodeURIComponent(form)}`);
    await browser.press("Tab");
    await browser.loads(() => browser.press("Enter"));
    expect(await browser.evaluate("document.body.textContent")).toMatch(/other sites change nothing/);
    expect(JSON.parse(await curl(here, [`${base}/api/links`]))).toMatchObject({ total: before.total });
  });
});

/** Texts whose colour is too close to the first opaque background behind them: WCAG 2.2, 1.4.3. */
const LOW_CONTRAST = `(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = parts(color).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if ((parts(color)[3] ?? 1) === 1) return color;
    }
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(element.textContent);
  }
  return low;
})()`;

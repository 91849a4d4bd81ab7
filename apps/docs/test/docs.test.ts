import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build, freePort, Guest } from "@soloist/tool-e2e";
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
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const site = join(import.meta.dirname, "../dist/site");
const addresses = readdirSync(site, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith("index.html"))
  .map((path) => `/${path.replace(/index\.html$/, "")}`);

let guest: Guest;
let base: string;
beforeAll(async () => {
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  guest = Guest.boot({ target: "virtio", image: build("apps/docs", "virtio"), forward: { from: port, to: 80 } });
  await guest.says(/listening/i);
});
afterAll(() => guest?.[Symbol.asyncDispose]());

describe("the site in a booted image", () => {
  it("has every page, as it was made", async () => {
    expect(addresses).toContain("/");
    for (const address of addresses) {
      const response = await fetch(base + address);
      expect(response.status, address).toBe(200);
      expect(await response.text(), address).toBe(readFileSync(join(site, address, "index.html"), "utf8"));
    }
  });

  it("answers what is not there with a page that leads back", async () => {
    const response = await fetch(`${base}/nowhere/`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('<a href="/">');
  });

  it("links only to what is there", async () => {
    const known = new Set(addresses);
    for (const address of addresses) {
      const page = readFileSync(join(site, address, "index.html"), "utf8").replace(/<pre[\s\S]*?<\/pre>/g, "");
      for (const [, link = ""] of page.matchAll(/href="(\/[^"#]*)/g)) {
        if (!/\.\w+$/.test(link)) expect(known, `${address} links to ${link}`).toContain(link);
      }
    }
  });
});

const suffix = browserMissing ? ` (skipped: ${browserMissing})` : "";
describe.skipIf(browserMissing !== undefined)(`in Chromium${suffix}`, () => {
  let browser: Browser;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  const open = async (address: string, width = 1440): Promise<Page> => {
    const page = patient(await browser.newPage({ baseURL: base, viewport: { width, height: 900 } }));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(address);
    return page;
  };

  it.each(["/", "/workshop/1-hello/", "/limits/", "/reference/web/"])(
    "%s is readable in light and dark, and no wider than its window",
    async (address) => {
      const page = await open(address);
      for (const width of [1440, 360]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await isTooWide(page), `${width} pixels`).toBe(false);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          expect(await lowContrast(page), `${colorScheme}, ${width} pixels`).toEqual([]);
        }
        // Wide ones are dark, narrow ones are light.
        await screenshot(page, `docs${address.replaceAll("/", "-")}${width}`);
        await page.emulateMedia({ colorScheme: "light" });
      }
      await page.close();
    },
  );

  it("finds what one looks for, by keyboard", async () => {
    const page = await open("/");
    await page.keyboard.press("/");
    await page.keyboard.type("openStore");
    await page.locator("#found a").first().waitFor();
    await screenshot(page, "docs-search");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/reference/kv/#openstore");
    await page.close();
  });

  it("goes to what was typed, although Enter came before there was anything to search in", async () => {
    const page = await open("/");
    let send: () => void = () => {};
    const typed = new Promise<void>((resolve) => {
      send = resolve;
    });
    let asked = 0;
    await page.route("**/search.json", async (route) => {
      asked++;
      await typed;
      await route.continue();
    });
    await page.keyboard.press("/");
    await page.keyboard.type("openStore");
    await page.keyboard.press("Enter");
    send();
    await page.waitForURL("**/reference/kv/#openstore");
    expect(asked).toBe(1);
    await page.close();
  });

  it("shows the contents on a phone when asked", async () => {
    const page = await open("/workshop/1-hello/", 360);
    const link = page.getByRole("link", { name: "5 · Your own URL shortener" });
    expect(await link.isVisible()).toBe(false);
    await page.getByText("Contents", { exact: true }).click();
    await link.click();
    await page.waitForURL("**/workshop/5-shortener/");
    await page.close();
  });

  it("the browser had nothing to complain about", () => {
    expect(complaints).toEqual([]);
  });
});

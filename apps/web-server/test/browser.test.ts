import { build, freePort, Guest } from "@soloist/tool-e2e";
import {
  type Browser,
  type BrowserContext,
  browserMissing,
  isTooWide,
  lowContrast,
  openBrowser,
  PATIENCE,
  type Page,
  patient,
  screenshot,
} from "@soloist/tool-e2e/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const suffix = browserMissing ? ` (skipped: ${browserMissing})` : "";

describe.skipIf(browserMissing !== undefined)(`a booted image in Chromium${suffix}`, () => {
  let guest: Guest;
  let browser: Browser;
  let base: string;
  let context: BrowserContext;
  const complaints: string[] = [];

  beforeAll(async () => {
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    guest = Guest.boot({
      target: "virtio",
      image: build("apps/web-server", "virtio"),
      forward: { from: port, to: 80 },
    });
    await guest.says(/listening/i);
    browser = await openBrowser();
    context = await browser.newContext({ baseURL: base });
  });
  afterAll(async () => {
    await browser?.close();
    await guest?.[Symbol.asyncDispose]();
  });

  const open = async (from: BrowserContext = context): Promise<Page> => {
    const page = patient(await from.newPage());
    page.on("console", (message) => {
      // Browsers ask for it beside a plain text, which names no icon.
      if (!message.location().url.endsWith("/favicon.ico")) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto("/");
    return page;
  };

  it("shows the machine's own clock and uptime, which go on", async () => {
    const page = await open();
    const read = () => page.locator("#time").textContent();
    await page.locator("#live:not([hidden])").waitFor();
    const first = await read();
    expect(first).toMatch(/^\d\d:\d\d:\d\d$/);
    await expect.poll(read, { timeout: PATIENCE }).not.toBe(first);
    expect(await page.locator("#uptime").textContent()).toMatch(/^\d+(:\d\d)? (s|min)$/);
    expect(Number(await page.locator("#requests").textContent())).toBeGreaterThan(2);
    await page.close();
  });

  it("greets by a form", async () => {
    const page = await open();
    await page.getByRole("textbox", { name: "Name" }).fill("Ada & Köln");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/hello/**");
    expect(await page.locator("body").textContent()).toBe("Hello Ada & Köln!\n");
    await page.close();
  });

  it("takes a file of several megabytes, and the page shows how far it got", async () => {
    const page = await open();
    // Noted at each step: the last one alone would not show that there was progress.
    await page.evaluate(`window.seen = []; new MutationObserver(() => seen.push(document.getElementById("progress").value))
      .observe(document.getElementById("sent"), { childList: true })`);
    // At the speed of a slow line, or a busy machine might see nothing between the beginning and the end.
    const line = await context.newCDPSession(page);
    const speed = { downloadThroughput: -1, uploadThroughput: 2_000_000, latency: 0 };
    await line.send("Network.emulateNetworkConditions", { offline: false, ...speed });
    const buffer = Buffer.alloc(6_000_000, "x");
    await page.locator("#file").setInputFiles({ name: "big.bin", mimeType: "application/octet-stream", buffer });
    await page.getByRole("button", { name: "Upload" }).click();
    await page.getByText(/^6\.0 MB arrived in/).waitFor();
    const seen = (await page.evaluate("seen")) as number[];
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.some((value) => value > 0 && value < 1)).toBe(true);
    expect(seen.at(-1)).toBe(1);
    await screenshot(page, "web-server-uploaded");
    await page.close();
  });

  it("two pages chat; who comes later sees what was said; nobody can put markup into it", async () => {
    const [ada, ben] = [await open(), await open()];
    const lines = (page: Page) => page.locator("#lines li").allTextContents();
    const say = async (page: Page, text: string) => {
      const before = (await lines(page)).length;
      await page.getByLabel("Your line").fill(text);
      // Sent again until it is there: the socket may not be open yet.
      await expect
        .poll(
          async () => {
            await page.keyboard.press("Enter");
            return (await lines(page)).length;
          },
          { timeout: PATIENCE, interval: 300 },
        )
        .toBeGreaterThan(before);
    };
    await ada.getByLabel("Your line").focus();
    await say(ada, "Hello, Ben!");
    await expect.poll(() => lines(ben), { timeout: PATIENCE }).toEqual(["Hello, Ben!"]);
    await ben.getByLabel("Your line").focus();
    await say(ben, "<b>Hello</b>, Ada!");
    await expect.poll(() => lines(ada), { timeout: PATIENCE }).toEqual(["Hello, Ben!", "<b>Hello</b>, Ada!"]);
    const late = await open();
    await expect.poll(() => lines(late), { timeout: PATIENCE }).toEqual(await lines(ada));
    await screenshot(late, "web-server-chat");
    await Promise.all([ada, ben, late].map((page) => page.close()));
  });

  it.each([
    ["light", 1100],
    ["dark", 1100],
    ["light", 360],
    ["dark", 360],
  ] as const)("is readable and no wider than its window: %s, %i pixels", async (colorScheme, width) => {
    const page = await open();
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await page.locator("#live:not([hidden])").waitFor();
    expect(await isTooWide(page)).toBe(false);
    expect(await lowContrast(page)).toEqual([]);
    await screenshot(page, `web-server-${colorScheme}-${width}`);
    await page.close();
  });

  it("without JavaScript the forms work, and the page says what does not", async () => {
    const plain = await browser.newContext({ baseURL: base, javaScriptEnabled: false });
    const page = await open(plain);
    await page.getByText("need JavaScript").waitFor();
    await page.locator("#file").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
    await page.getByRole("button", { name: "Upload" }).click();
    await page.waitForURL("**/upload");
    expect(JSON.parse((await page.locator("body").textContent())!)).toEqual({ bytes: expect.any(Number) });
    await plain.close();
  });

  it("the browser had nothing to complain about", () => {
    expect(complaints).toEqual([]);
    expect(guest.alive).toBe(true);
  });
});

// The page of a booted image in Chromium, without scripts: what it shows, in both colours, on a screen and on a phone.
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
import { blockedNames, blocklistDisk } from "../fixture.ts";

const suffix = browserMissing ? ` (skipped: ${browserMissing})` : "";

describe.skipIf(browserMissing !== undefined)(`the page in Chromium${suffix}`, () => {
  let guest: Guest;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const port = await freePort();
    guest = Guest.boot({
      target: "virtio",
      image: build("apps/dns-resolver", "virtio"),
      forward: { from: port, to: 80 },
      blocks: { blocklist: blocklistDisk(1000) },
      args: ["--upstream=10.0.2.3"],
    });
    await guest.says(/Listening on port 53, 1000 names blocked/);
    browser = await openBrowser();
    page = patient(await browser.newPage({ javaScriptEnabled: false, baseURL: `http://127.0.0.1:${port}` }));
  });
  afterAll(async () => {
    await browser?.close();
    await guest?.[Symbol.asyncDispose]();
  });

  it.each([
    ["light", 1100],
    ["dark", 1100],
    ["light", 360],
    ["dark", 360],
  ] as const)("can be read, %s, %i wide", async (colorScheme, width) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await page.goto("/?refresh=off");
    expect(await lowContrast(page)).toEqual([]);
    expect(await isTooWide(page)).toBe(false);
    await screenshot(page, `dns-resolver-${colorScheme}-${width}`);
  });

  it("tells whether a name is blocked, and stays then", async () => {
    await page.goto("/?refresh=off");
    await page.getByLabel("Is a name blocked?").fill(`Below.${[...blockedNames(3)][2]}.`);
    await page.getByRole("button", { name: "Look up" }).click();
    expect(await page.getByRole("status").textContent()).toMatch(/ is blocked\.$/);
    await page.goto("/?name=host.test");
    expect(await page.getByRole("status").textContent()).toBe("host.test is not blocked.");
    expect(await page.locator("meta[http-equiv=refresh]").count()).toBe(0);
  });
});

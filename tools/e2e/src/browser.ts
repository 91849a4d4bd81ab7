import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

export type { Browser, BrowserContext, Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const screenshots = fileURLToPath(new URL("../build/screenshots", import.meta.url));

/** Why tests in a browser cannot run here. */
export const browserMissing = existsSync(CHROMIUM) ? undefined : "no Chromium";

/** Debian's Chromium, without a window. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: PATIENCE });
}

/** Milliseconds that a busy machine may take for anything that is over at once elsewhere. */
export const PATIENCE = 240_000;

/** The same page, which waits that long for whatever it waits for. */
export function patient(page: Page): Page {
  page.setDefaultTimeout(PATIENCE);
  page.setDefaultNavigationTimeout(PATIENCE);
  return page;
}

/** Of longer pages the beginning is kept: a reference of 40,000 pixels takes half a minute to draw on a busy machine. */
const TALLEST = 4000;

/** Keeps the page as a picture, for people: `tools/e2e/build/screenshots/NAME.png`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  const [width, height] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]",
  );
  const clip = { x: 0, y: 0, width, height: Math.min(height, TALLEST) };
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true, clip });
}

/** Texts of a page whose colour is too close to the first opaque ground behind them: WCAG 2.2, 1.4.3. */
export function lowContrast(page: Page): Promise<string[]> {
  return page.evaluate(LOW_CONTRAST);
}

/** Whether a page is wider than its window. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate("document.documentElement.scrollWidth > innerWidth");
}

const LOW_CONTRAST = `(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  // Long pages have thousands of elements and a dozen colours.
  const kept = (of) => {
    const known = new Map();
    return (key) => (known.has(key) || known.set(key, of(key)), known.get(key));
  };
  const luminance = kept((color) => {
    const [r, g, b] = parts(color).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  });
  const ground = kept((element) => {
    if (!element) return "rgb(255, 255, 255)";
    const color = getComputedStyle(element).backgroundColor;
    return (parts(color)[3] ?? 1) === 1 ? color : ground(element.parentElement);
  });
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    if (element.closest("svg")) continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(element.textContent);
  }
  return low;
})()`;

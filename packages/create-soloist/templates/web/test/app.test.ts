import { boot } from "@soloist/toolchain/test";
import { expect, test } from "vitest";
import { app } from "../src/app.ts";

test("the front page is HTML", async () => {
  const response = await app.request("/");
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(await response.text()).toContain("<h1>");
});

test("greets by name", async () => {
  const response = await app.request("/hello/Ada");
  expect(await response.text()).toBe("Hello Ada!\n");
});

test("answers JSON", async () => {
  const response = await app.request("/square/12");
  expect(await response.json()).toEqual({ n: 12, square: 144 });
});

test("an unknown path is not found", async () => {
  const response = await app.request("/nowhere");
  expect(response.status).toBe(404);
});

test("the whole app answers: on Node.js, or its image with soloist test --image", { timeout: 60_000 }, async () => {
  const booted = await boot();
  try {
    const response = await booted.fetch("/hello/Grace");
    expect(await response.text()).toBe("Hello Grace!\n");
  } finally {
    await booted.stop();
  }
});

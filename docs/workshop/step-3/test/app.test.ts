import { boot } from "@soloist/toolchain/test";
import { expect, test } from "vitest";
import { app } from "../src/app.ts";

test("greets by name, without any machine", async () => {
  const response = await app.request("/hello/Ada");
  expect(await response.text()).toBe("Hello Ada!\n");
});

test("what is no number has no square", async () => {
  const response = await app.request("/square/circle");
  expect(response.status).toBe(400);
});

test("the booted app answers over TCP", { timeout: 60_000 }, async () => {
  const booted = await boot();
  try {
    const response = await booted.fetch("/square/12");
    expect(await response.json()).toEqual({ n: 12, square: 144 });
  } finally {
    await booted.stop();
  }
});

import { expect, test } from "vitest";
import { app } from "../src/app.ts";

test("the front page is a file", async () => {
  const response = await app.request("/");
  expect(response.headers.get("content-type")).toContain("text/html");
  expect(await response.text()).toContain("<h1>");
});

test("a browser that has the file already is told so", async () => {
  const etag = (await app.request("/style.css")).headers.get("etag") ?? "";
  const response = await app.request("/style.css", { headers: { "if-none-match": etag } });
  expect(response.status).toBe(304);
});

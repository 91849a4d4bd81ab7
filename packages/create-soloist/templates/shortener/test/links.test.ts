import { memoryStore } from "@soloist/kv";
import { boot } from "@soloist/toolchain/test";
import { expect, test } from "vitest";
import { app } from "../src/app.ts";
import { createLinks } from "../src/links.ts";

const links = () => createLinks(memoryStore(), (into) => into.fill(1));

test("an alias leads to its address", async () => {
  const env = { links: links() };
  await env.links.add("https://example.org/a", "a");
  const response = await app.request("/a", {}, env);
  expect([response.status, response.headers.get("location")]).toEqual([302, "https://example.org/a"]);
});

test("without a wish the alias is random", async () => {
  expect(await links().add("https://example.org/")).toEqual({ alias: "bbbbb", url: "https://example.org/" });
});

test("an alias is taken once, also by two at the same time", async () => {
  const both = links();
  const results = await Promise.allSettled(["a", "b"].map((path) => both.add(`https://example.org/${path}`, "it")));
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("only the web can be linked to", async () => {
  await expect(links().add("javascript:alert(1)")).rejects.toThrow("Only http and https");
});

test("the booted app keeps links on its disk", { timeout: 120_000 }, async () => {
  const blocks = { links: 1024 * 1024 };
  const booted = await boot({ blocks });
  try {
    const body = "url=https%3A%2F%2Fexample.org%2F&alias=here";
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    await booted.fetch("/links", { method: "POST", body, headers, redirect: "manual" });
    const response = await booted.fetch("/here", { redirect: "manual" });
    expect(response.headers.get("location")).toBe("https://example.org/");
  } finally {
    await booted.stop();
  }
});

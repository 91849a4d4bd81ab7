import "./globals.ts";
import { app } from "@soloist/tool-e2e/hono/app";
import { type Answer, cases } from "@soloist/tool-e2e/hono/cases";
import { describe, expect, it } from "vitest";
import { Request, type RequestInit } from "../../src/index.ts";

const fetch = app.fetch as unknown as (request: Request) => Answer | Promise<Answer>;

describe("an app of Hono's on this package's classes", () => {
  it.each(cases)("%s", async (_name, run) => {
    await run(async (path, init) => fetch(new Request(`http://localhost${path}`, init as RequestInit)));
  });

  it("uses this package's Response", async () => {
    expect(((await fetch(new Request("http://localhost/"))) as object).constructor).toBe(globalThis.Response);
  });
});

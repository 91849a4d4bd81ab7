import { createApp, html, Response } from "@soloist/web";

export const app = createApp()
  .get(
    "/",
    () => html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{name}}</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark }
  body { max-width: 36rem; margin: 3rem auto; padding: 0 1.25rem; font: 1.0625rem/1.6 system-ui, sans-serif }
</style>
<h1>{{name}}</h1>
<p>This page comes from a machine that runs one TypeScript program and nothing else. It is in <code>src/app.ts</code>.
<p><a href="/hello/Ada">A greeting</a>, <a href="/square/12">some JSON</a>
`,
  )
  .get("/hello/:name", ({ params }) => `Hello ${params.name}!\n`)
  .get("/square/:n", ({ params }) => ({ n: Number(params.n), square: Number(params.n) ** 2 }))
  .post("/echo", async ({ request }) => Response.json(await request.json()));

import { createApp, HttpError, html } from "@soloist/web";
import { greeting } from "./greeting.ts";

export const app = createApp()
  .get(
    "/",
    () => html`<!doctype html>
<title>my-links</title>
<h1>It works</h1>
<p>Say hello to <a href="/hello/Ada">Ada</a>.
`,
  )
  .get("/hello/:name", ({ params }) => `${greeting(params.name)}\n`)
  .get("/square/:n", ({ params }) => {
    const n = Number(params.n);
    if (Number.isNaN(n)) throw new HttpError(400, "That is not a number");
    return { n, square: n ** 2 };
  });

import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import { createApp, Response, serve } from "@soloist/web";
import { page } from "./page.ts";

const app = createApp()
  .get("/", () => page(performance.now()))
  .get("/hello/:name", ({ params }) => `Hello ${params.name}!\n`)
  .get("/json/:n", ({ params }) => ({ n: Number(params.n), square: Number(params.n) ** 2 }))
  .post("/echo", async ({ request }) => Response.json(await request.json()));

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 80 });
  console.log("Listening on port 80");
  await serve(listener, app);
});

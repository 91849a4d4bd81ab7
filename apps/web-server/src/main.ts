import assets from "crunch:../public";
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import { bodyLimit, createApp, createCounters, eventStream, Response, serve, staticFiles, url } from "@soloist/web";
import { chat } from "./chat.ts";
import { ticks } from "./clock.ts";

const MEBIBYTE = 1024 * 1024;
const counters = createCounters();

const forms = createApp()
  .use(bodyLimit(MEBIBYTE))
  .post("/echo", async ({ request }) => Response.json(await request.json()))
  .post("/greet", async ({ request }) => {
    const name = (await request.formData()).get("name");
    const location = url("/hello/:name", { name: typeof name === "string" && name !== "" ? name : "World" });
    return new Response(null, { status: 303, headers: { location } });
  });

const app = createApp()
  .get("/hello/:name", ({ params }) => `Hello ${params.name}!\n`)
  .get("/json/:n", ({ params }) => ({ n: Number(params.n), square: Number(params.n) ** 2 }))
  .get("/clock", () => eventStream(ticks(counters)))
  .get("/chat", chat)
  .post("/upload", async ({ request }) => {
    let bytes = 0;
    for await (const piece of request.body ?? []) bytes += piece.length; // as fast as it comes, and never all at once
    return { bytes };
  })
  .route("/", forms)
  .get("/*path", staticFiles(assets));

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 80 });
  console.log("Listening on port 80");
  await serve(listener, app, { maxBody: 1024 * MEBIBYTE, counters });
});

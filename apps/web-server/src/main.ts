import assets from "crunch:../public";
import { stack, stackStatus } from "@soloist/net";
import { machineStatus, parameter, run, text } from "@soloist/runtime";
import {
  basicAuth,
  bodyLimit,
  createApp,
  createCounters,
  equalSecrets,
  eventStream,
  httpStatus,
  Response,
  serve,
  staticFiles,
  status,
  url,
} from "@soloist/web";
import { chat } from "./chat.ts";
import { ticks } from "./clock.ts";

const MEBIBYTE = 1024 * 1024;
const counters = createCounters();
/** How this machine is, for those who know the password that it was booted with; without one there is no such page. */
const machine = createApp();

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
  .mount("/_soloist", machine)
  .get("/*path", staticFiles(assets));

// Addresses would not do: behind a gateway all clients have the gateway's.
const statusPassword = parameter("status-password", {
  help: "password of /_soloist, the page about this machine; without one there is none",
  placeholder: "PASSWORD",
  parse: text(),
});

run([stack({ name: "service" }), statusPassword], async (network, password) => {
  if (password !== undefined) {
    const page = status([machineStatus(), stackStatus(network), httpStatus(counters)], { title: "web-server" });
    machine.use(basicAuth((_user, given) => equalSecrets(given, password))).route("/", page);
  }
  const listener = network.tcp.listen({ port: 80 });
  console.log("Listening on port 80");
  await serve(listener, app, { maxBody: 1024 * MEBIBYTE, counters });
});

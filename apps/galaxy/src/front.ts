import { stack } from "@soloist/net";
import { parameter, run, text } from "@soloist/runtime";
import { createApp, createFetch, Response, serve } from "@soloist/web";
import { type Asking, ask } from "./ask.ts";
import { page } from "./page.ts";

const machines = parameter("machines", {
  help: "whose status pages to ask",
  placeholder: "NAME,…",
  default: [],
  parse: (names) => names.split(","),
});
const password = parameter("password", {
  help: "password of these pages",
  placeholder: "PASSWORD",
  default: "",
  parse: text(),
});

interface Env extends Asking {
  readonly machines: readonly string[];
}

const reports = ({ machines, ...asking }: Env) => Promise.all(machines.map((name) => ask(name, asking)));

const app = createApp<Env>()
  .get("/", async ({ env }) => {
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    };
    return new Response(page(await reports(env)).toString(), { headers });
  })
  .get("/machines", async ({ env }) => reports(env));

run([stack({ name: "service" }), machines, password], async ({ tcp }, machines, password) => {
  const listener = tcp.listen({ port: 80 });
  console.log(`Listening on port 80, watching ${machines.join(" and ")}`);
  await serve(listener, app, { env: { fetch: createFetch(tcp), machines, password } });
});

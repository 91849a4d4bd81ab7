// A front that passes requests on to the server that the command line names: one of two or more unikernels on one network.
import { stack } from "@soloist/net";
import { parameter, run } from "@soloist/runtime";
import { createApp, createFetch, type Fetch, serve } from "@soloist/web";

const backend = parameter("backend", { help: "host of the server behind", default: "back", parse: (text) => text });

const app = createApp<{ fetch: Fetch; backend: string }>()
  .get("/", ({ env }) => `a front of ${env.backend}\n`)
  .get("/*path", async ({ params, env }) => {
    const answer = await env.fetch(`http://${env.backend}/${params.path}`);
    return `${env.backend} says: ${await answer.text()}`;
  });

run([stack({ name: "service" }), backend], async (net, host) => {
  const listener = net.tcp.listen({ port: 80 });
  console.log(`Listening on ${net.ipv4?.address}`);
  await serve(listener, app, { env: { fetch: createFetch(net.tcp), backend: host } });
});

import site from "crunch:../dist/site";
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import { createApp, Response, secureHeaders, serve, staticFiles } from "@soloist/web";

const app = createApp()
  .use(secureHeaders(), async ({ request }, next) => {
    const response = await next();
    if (response.status !== 404 || request.method !== "GET") return response;
    return new Response(site.text("/404.html"), {
      status: 404,
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  })
  .get("/*path", staticFiles(site));

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 80 });
  console.log("Listening on port 80");
  await serve(listener, app);
});

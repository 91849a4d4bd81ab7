/// <reference types="@soloist/crunch/ambient" />
// A crunched folder over HTTP: what of static files leans on real archives.

import assets from "crunch:./static";
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import { assetUrl, createApp, serve, staticFiles } from "@soloist/web";

const app = createApp()
  .get("/address", () => assetUrl(assets, "/long.txt", "/files"))
  .get("/files/*path", staticFiles(assets))
  .get("/app/*path", staticFiles(assets, { fallback: "/index.html" }));

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 80 });
  console.log("Listening on port 80");
  await serve(listener, app);
});

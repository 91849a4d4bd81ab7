import { openStore } from "@soloist/kv";
import { stack } from "@soloist/net";
import { block, run } from "@soloist/runtime";
import { serve } from "@soloist/web";
import { app } from "./app.ts";
import { createLinks } from "./links.ts";

run([stack({ name: "service" }), block("links")], async ({ tcp }, disk) => {
  await using store = await openStore(disk);
  const links = createLinks(store, (into) => crypto.getRandomValues(into));
  const listener = tcp.listen({ port: 80 });
  console.log(`Listening on port 80, links: ${store.count}`);
  await serve(listener, app, { env: { links } });
});

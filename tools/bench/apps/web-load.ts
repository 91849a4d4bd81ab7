import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import { serve } from "@soloist/web";
import { createRoutes, hono } from "./routes.ts";

run([stack()], async ({ tcp }) => {
  const servers = [serve(tcp.listen({ port: 80 }), createRoutes()), serve(tcp.listen({ port: 81 }), hono)];
  console.log("listening");
  await Promise.all(servers);
});

import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import { serve } from "@soloist/web";
import { app } from "./app.ts";

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 80 });
  console.log("Listening on port 80");
  await serve(listener, app);
});

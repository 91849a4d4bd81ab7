import { stack } from "@soloist/net";
import { run, spawn } from "@soloist/runtime";
import { echo } from "./echo.ts";

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 7 });
  console.log("Listening on port 7");
  for await (const flow of listener) spawn(() => echo(flow));
});

import { stack } from "@soloist/net";
import { run, spawn } from "@soloist/runtime";
import { greet } from "./greet.ts";

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 7000 });
  console.log("Listening on port 7000");
  for await (const flow of listener) spawn(() => greet(flow));
});

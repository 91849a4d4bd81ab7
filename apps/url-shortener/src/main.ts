import { memoryStore } from "@soloist/kv";
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import { shorten } from "./service.ts";

run([stack({ name: "service" })], async ({ tcp }) => {
  await shorten(tcp.listen({ port: 80 }), memoryStore(), "Links are kept in memory: they end with this machine.");
});

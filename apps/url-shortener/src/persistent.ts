import { openStore } from "@soloist/kv";
import { stack } from "@soloist/net";
import { block, run } from "@soloist/runtime";
import { shorten } from "./service.ts";

run([stack({ name: "service" }), block("links")], async ({ tcp }, disk) => {
  await using store = await openStore(disk);
  await shorten(tcp.listen({ port: 80 }), store, "Links are kept on a disk: they outlive this machine.");
});

import assets from "crunch:../public";
import { memoryStore, openStore } from "@soloist/kv";
import { stack } from "@soloist/net";
import { block, run } from "@soloist/runtime";
import { serve } from "@soloist/web";
import { Links } from "./links.ts";
import { createShortener } from "./routes.ts";

/** Milliseconds between writes of visits: as much of them may be lost when the power fails. */
const FLUSH_AFTER = 5000;

const app = createShortener(assets);

run([stack({ name: "service" }), block("links", { optional: true })], async ({ tcp }, disk) => {
  await using store = disk ? await openStore(disk) : memoryStore();
  const place = disk
    ? "Links are kept on a disk: they outlive this machine."
    : "Links are kept in memory: they end with this machine.";
  const links = await Links.open(store, {
    random: (into) => crypto.getRandomValues(into),
    now: () => Date.now(),
  });
  const flush = () => links.flush().catch((error: unknown) => console.error("Visits could not be written:", error));
  links.onVisit = () => void setTimeout(flush, FLUSH_AFTER);
  const listener = tcp.listen({ port: 80 });
  console.log(`Listening on port 80, ${links.count} ${links.count === 1 ? "link" : "links"}. ${place}`);
  await serve(listener, app, { env: { links, place, isPersistent: disk !== undefined } });
});

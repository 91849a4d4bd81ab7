import assets from "crunch:../public";
import type { Listener } from "@soloist/interface";
import type { KvStore } from "@soloist/kv";
import { serve } from "@soloist/web";
import { Links } from "./links.ts";
import { createShortener } from "./routes.ts";

/** Hits of this long may be lost when the power fails. */
const FLUSH_AFTER = 1000;

/** Serves the links of a store until the image ends. `place`: a sentence that says where they are kept. */
export async function shorten(listener: Listener, store: KvStore, place: string): Promise<void> {
  const links = await Links.open(store, {
    random: (into) => crypto.getRandomValues(into),
    now: () => Date.now(),
  });
  const flush = () => links.flush().catch((error: unknown) => console.error("Visits could not be written:", error));
  links.onChange = () => void setTimeout(flush, FLUSH_AFTER);
  console.log(`Listening on port 80, ${links.count} ${links.count === 1 ? "link" : "links"}. ${place}`);
  await serve(listener, createShortener({ links, assets, place }));
}

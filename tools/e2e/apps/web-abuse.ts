// A server for test/web-abuse.test.ts: its patience is short, and it says how much memory is free.
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import { createApp, createCounters, metrics, serve } from "@soloist/web";

const PIECE = 256 * 1024;
const counters = createCounters();

/** Free memory in KiB, found by taking all of it: nothing else tells fragments from room. */
function freeKilobytes(): number {
  const taken: ArrayBuffer[] = [];
  try {
    for (;;) taken.push(new ArrayBuffer(PIECE));
  } catch {
    return (taken.length * PIECE) / 1024;
  }
}

const app = createApp()
  .get("/", () => "served\n")
  .get("/memory", () => String(freeKilobytes()))
  .get("/metrics", metrics(counters))
  .post("/upload", async ({ request }) => `${(await request.bytes()).length}\n`);

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 80 });
  console.log("Listening on port 80");
  await serve(listener, app, { headerTimeout: 3, stallTimeout: 3, maxBody: 256 * 1024, counters });
});

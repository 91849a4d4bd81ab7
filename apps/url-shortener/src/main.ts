import assets from "crunch:../public";
import { memoryStore, openStore } from "@soloist/kv";
import { stack, stackStatus } from "@soloist/net";
import { block, machineStatus, parameter, run, text } from "@soloist/runtime";
import { basicAuth, createApp, createCounters, equalSecrets, httpStatus, serve, status } from "@soloist/web";
import { Links } from "./links.ts";
import { createShortener } from "./routes.ts";

/** Milliseconds between writes of visits: as much of them may be lost when the power fails. */
const FLUSH_AFTER = 5000;

/** How this machine is, for those who know the password that it was booted with; without one there is no such page. */
const machine = createApp();
const app = createShortener(assets, undefined, machine);
const counters = createCounters();

// Addresses would not do: behind a gateway all clients have the gateway's.
const statusPassword = parameter("status-password", {
  help: "password of /_soloist, the page about this machine; without one there is none",
  placeholder: "PASSWORD",
  parse: text(),
});

const devices = [stack({ name: "service" }), block("links", { optional: true }), statusPassword] as const;

run(devices, async (network, disk, password) => {
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
  if (password !== undefined) {
    const page = status([machineStatus(), stackStatus(network), httpStatus(counters)], { title: "url-shortener" });
    machine.use(basicAuth((_user, given) => equalSecrets(given, password))).route("/", page);
  }
  const listener = network.tcp.listen({ port: 80 });
  console.log(`Listening on port 80, ${links.count} ${links.count === 1 ? "link" : "links"}. ${place}`);
  await serve(listener, app, { env: { links, place, isPersistent: disk !== undefined }, counters });
});

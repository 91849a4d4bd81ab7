import { stack } from "@soloist/net";
import { integer, parameter, run } from "@soloist/runtime";
import { endpoints } from "./parameters.ts";
import { createAsk } from "./resolve/exchange.ts";
import { createForwarder } from "./resolve/forwarder.ts";
import { ServerBook } from "./resolve/servers.ts";
import { Clients, OWN_NETWORKS } from "./server/clients.ts";
import { serveTcp, serveUdp } from "./server/listen.ts";
import { Server } from "./server/server.ts";
import { Statistics } from "./server/statistics.ts";

const upstream = parameter("upstream", {
  help: "resolvers to ask; without any, the name servers of the Internet are asked from the root on",
  placeholder: "ADDRESS[:PORT],…",
  parse: endpoints,
});
const rate = parameter("rate", {
  help: "replies a second that one client may have over UDP",
  placeholder: "NUMBER",
  default: 1000,
  parse: integer({ min: 1, max: 1_000_000 }),
});

run([stack({ name: "service" }), upstream, rate], async (net, upstreams, rate) => {
  const now = () => performance.now();
  const random = () => crypto.getRandomValues(new Uint32Array(1))[0]!;
  const servers = new ServerBook();
  const ask = createAsk({ ...net, random, now });
  const server = new Server({
    resolve: createForwarder({ upstreams: upstreams ?? [], ask, servers, now }),
    isBlocked: () => false,
    blockMode: "null",
    clients: new Clients(OWN_NETWORKS, rate),
    statistics: new Statistics(),
    cacheBytes: 8 << 20,
    bytes: net.tcp.bytes,
    now,
  });
  console.log("Listening on port 53");
  await Promise.all([serveUdp(net, server, now), serveTcp(net, server, now)]);
});

import assets from "crunch:../public";
import { stack } from "@soloist/net";
import { DnsCache } from "@soloist/net/dns";
import { block, boolean, integer, oneOf, parameter, run } from "@soloist/runtime";
import { serve } from "@soloist/web";
import { loadBlocklist } from "./blocklist/load.ts";
import { createPages } from "./page/routes.ts";
import { addresses, endpoints, names, networks } from "./parameters.ts";
import { Delegations } from "./resolve/delegations.ts";
import { createAsk } from "./resolve/exchange.ts";
import { createForwarder } from "./resolve/forwarder.ts";
import { createRecursor } from "./resolve/recursor.ts";
import { ROOTS, ROOTS_IPV6 } from "./resolve/roots.ts";
import { ServerBook } from "./resolve/servers.ts";
import { addressBytes, Clients, isIn, OWN_NETWORKS } from "./server/clients.ts";
import { serveTcp, serveUdp } from "./server/listen.ts";
import { Server } from "./server/server.ts";
import { Statistics } from "./server/statistics.ts";

/** Sets of records that the recursor remembers beside whole answers. */
const RECORD_SETS = 4096;

const upstream = parameter("upstream", {
  help: "resolvers to ask; without any, the Internet's name servers are asked, from the root on",
  placeholder: "ADDRESS[:PORT],…",
  parse: endpoints,
});
const roots = parameter("roots", {
  help: "name servers of the root, in place of the Internet's",
  placeholder: "ADDRESS,…",
  parse: addresses,
});
const clients = parameter("clients", {
  help: "networks whose hosts may ask, beside private ones",
  placeholder: "NETWORK/PREFIX,…",
  default: [],
  parse: networks,
});
const rate = parameter("rate", {
  help: "replies a second that one client may have over UDP",
  placeholder: "NUMBER",
  default: 1000,
  parse: integer({ min: 1, max: 1_000_000 }),
});
const cache = parameter("cache", {
  help: "megabytes that answers may take",
  placeholder: "MB",
  default: 8,
  parse: integer({ min: 1, max: 1024 }),
});
const blockMode = parameter("block-mode", {
  help: "what blocked names are answered: null (0.0.0.0 and ::) or nxdomain",
  placeholder: "MODE",
  default: "null",
  parse: oneOf("null", "nxdomain"),
});
const allow = parameter("allow", {
  help: "names that are never blocked, with all below them",
  placeholder: "NAME,…",
  default: [],
  parse: names,
});
const page = parameter("page", {
  help: "whether there is a page of statistics on port 80",
  placeholder: "yes|no",
  default: true,
  parse: boolean(),
});

const pages = createPages(assets);
const devices = [
  stack({ name: "service" }),
  block("blocklist", { optional: true }),
  upstream,
  roots,
  clients,
  rate,
  cache,
  blockMode,
  allow,
  page,
] as const;

run(devices, async (net, disk, upstreams, roots, clients, rate, cache, blockMode, allow, page) => {
  const now = () => performance.now();
  const random = () => crypto.getRandomValues(new Uint32Array(1))[0]!;
  const own = [...OWN_NETWORKS, ...clients];
  const blocklist = await loadBlocklist(disk, net.tcp.bytes, allow);
  const isBlocked = (name: string) => blocklist.has(name);
  const servers = new ServerBook();
  const ask = createAsk({ ...net, random, now });
  const hasIpv6 = () => net.ipv6?.gateway !== undefined;
  const resolve =
    upstreams !== undefined
      ? createForwarder({ upstreams, ask, servers, now })
      : createRecursor({
          ask,
          servers,
          delegations: new Delegations(roots ?? (net.ipv4 === undefined ? ROOTS_IPV6 : ROOTS)),
          cache: new DnsCache(RECORD_SETS),
          ipv6: hasIpv6,
          now,
        });
  const statistics = new Statistics();
  const server = new Server({
    resolve,
    isBlocked,
    blockMode,
    clients: new Clients(own, rate),
    statistics,
    cacheBytes: cache * 1_000_000,
    bytes: net.tcp.bytes,
    now,
  });
  const mode =
    upstreams === undefined
      ? "Asks the name servers of the Internet, from the root on."
      : `Asks ${upstreams.map(({ address }) => address).join(" and ")}.`;
  const env = {
    server,
    statistics,
    servers,
    isBlocked,
    blockedNames: blocklist.count,
    mode,
    isOwn: (address: string) => isIn(own, addressBytes(address) ?? new Uint8Array(0)),
    now,
  };
  const serving = [serveUdp(net, server, now), serveTcp(net, server, now)];
  if (page) serving.push(serve(net.tcp.listen({ port: 80 }), pages, { env }));
  console.log(`Listening on port 53, ${blocklist.count} names blocked. ${mode}`);
  await Promise.all(serving);
});

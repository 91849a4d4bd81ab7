import { stack } from "@soloist/net";
import { boolean, integer, parameter, run } from "@soloist/runtime";
import { measure } from "./client.ts";
import { type Peer, peer } from "./peer.ts";
import { serve } from "./server.ts";

const number = (name: string, help: string, min: number, max: number) =>
  parameter(name, { help, placeholder: "NUMBER", parse: integer({ min, max }) });

const port = number("port", "port to listen on, TCP and UDP; 7 without", 1, 65_535);
const connect = parameter<Peer>("connect", { help: "measure this echo server", placeholder: "HOST:PORT", parse: peer });
const udp = parameter("udp", { help: "measure with datagrams", default: false, parse: boolean() });
const seconds = number("seconds", "how long to measure; 10 without", 1, 86_400);
const size = number("size", "bytes of a write, or of a datagram; 65507 and 1024 without", 1, 65_507);
const connections = number("connections", "connections, or datagrams on their way, at a time; 1 without", 1, 10_000);

run([stack(), port, connect, udp, seconds, size, connections], (net, port, to, udp, seconds, size, connections) => {
  if (to === undefined) return serve(net, port ?? 7);
  return measure(net, to, {
    udp,
    seconds: seconds ?? 10,
    size: size ?? (udp ? 1024 : 65_507),
    connections: connections ?? 1,
  });
});

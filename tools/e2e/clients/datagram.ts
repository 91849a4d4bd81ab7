// datagram ADDRESS PORT [SIZE]: sends stdin, or SIZE bytes, as one datagram and prints {length, same, text} of what comes back.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";

const [address, port, size] = process.argv.slice(2) as [string, string, string | undefined];
const data =
  size === undefined
    ? readFileSync(0)
    : Buffer.from(Array.from({ length: Number(size) }, (_, index) => (index * 7) & 255));
const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
socket.send(data, Number(port), address);
const timer = setTimeout(() => {
  throw new Error("no answer for a minute");
}, 60_000);
const [answer] = (await once(socket, "message")) as [Buffer];
clearTimeout(timer);
console.log(
  JSON.stringify({ length: answer.length, same: answer.equals(data), text: answer.toString("latin1", 0, 1000) }),
);
socket.close();

// hold-open ADDRESS PORT COUNT: opens COUNT connections, then asks over each of them while all are open; prints how the answers were.
import { connect, type Socket } from "node:net";

const [address, port, count] = process.argv.slice(2) as [string, string, string];

const open = () =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect(Number(port), address, () => resolve(socket));
    socket.on("error", reject);
  });

function ask(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (text.endsWith("Hello Ada!\n")) resolve("ok");
    });
    socket.on("close", () => resolve(`closed: ${text.slice(0, 80)}`));
    socket.setTimeout(240_000, () => resolve("timeout"));
    socket.write("GET /hello/Ada HTTP/1.1\r\nHost: guest\r\n\r\n");
  });
}

const sockets = await Promise.all(Array.from({ length: Number(count) }, open));
const counts: Record<string, number> = {};
for (const result of await Promise.all(sockets.map(ask))) counts[result] = (counts[result] ?? 0) + 1;
for (const socket of sockets) socket.destroy();
console.log(JSON.stringify(counts));

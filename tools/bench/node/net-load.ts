// The servers of apps/net-load.ts with node:net.
import { createServer, type Socket } from "node:net";

const chunk = Buffer.alloc(64 * 1024);

const handlers: Record<number, (socket: Socket) => void> = {
  7: (socket) => void socket.pipe(socket),
  9: (socket) => void socket.resume(),
  13: () => {},
  19: (socket) => {
    const more = () => {
      while (socket.write(chunk));
    };
    socket.on("drain", more);
    more();
  },
};

for (const [port, handle] of Object.entries(handlers)) {
  const server = createServer({ noDelay: true, pauseOnConnect: port === "13" }, (socket) => {
    socket.on("error", () => {});
    handle(socket);
  });
  server.listen({ port: Number(port), backlog: 4096 }, () => {
    if (port === "19") console.log("listening");
  });
}

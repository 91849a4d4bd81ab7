// apps/echo for Node.js.
import { createServer } from "node:net";

createServer((socket) => {
  socket.on("error", () => {});
  socket.pipe(socket);
}).listen(7, () => console.log("listening"));

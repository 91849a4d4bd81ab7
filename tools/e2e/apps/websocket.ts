// WebSockets as a client sees them: echo, a room, close codes, and what one costs.
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import { createApp, createRoom, serve, webSocket } from "@soloist/web";

const room = createRoom();
const stop = new AbortController();

const app = createApp()
  .get(
    "/echo",
    webSocket(
      async (socket) => {
        for await (const message of socket) await socket.send(message);
      },
      { protocols: ["echo.v2", "echo.v1"], maxMessage: 2 * 1024 * 1024 },
    ),
  )
  .get(
    "/room/:name",
    webSocket(async (socket, { params }) => {
      room.join(socket);
      await socket.send(`welcome ${params.name}`);
      for await (const message of socket) room.send(`${params.name}: ${message}`, socket);
      room.send(`${params.name} left (${socket.status?.code})`);
    }),
  )
  .get(
    "/close/:code{int}",
    webSocket(async (socket, { params }) => {
      if (params.code === 1011) throw new Error("as asked");
      await socket.close(params.code, "as asked");
    }),
  )
  .get("/size", () => `${room.size}`)
  .post("/stop", () => {
    setTimeout(() => stop.abort(), 10);
  });

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 80 });
  console.log("Listening on port 80");
  await serve(listener, app, { signal: stop.signal });
  console.log("Stopped");
});

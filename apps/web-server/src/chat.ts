import { createRoom, webSocket } from "@soloist/web";

const KEPT = 20;
const room = createRoom();
const latest: string[] = [];

/** What one says is sent to all, and the last lines to those who come later. Lines are text: pages show them as such. */
export const chat = webSocket(
  async (socket) => {
    for (const line of latest) await socket.send(line);
    room.join(socket);
    for await (const line of socket) {
      if (typeof line !== "string") continue;
      latest.push(line);
      if (latest.length > KEPT) latest.shift();
      room.send(line);
    }
  },
  { maxMessage: 1000 },
);

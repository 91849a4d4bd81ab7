// connect-many ADDRESS PORT TOTAL AT-ONCE: asks for / with a connection of its own each time; prints how the answers were.
import { connect } from "node:net";

const [address, port, total, atOnce] = process.argv.slice(2) as [string, string, string, string];

function ask(): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), address);
    let text = "";
    socket.setTimeout(240_000, () => socket.destroy(new Error("ETIMEDOUT")));
    socket.on("connect", () => socket.write("GET /hello/Ada HTTP/1.1\r\nHost: guest\r\nConnection: close\r\n\r\n"));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("end", () => socket.end());
    socket.on("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
    socket.on("close", () =>
      resolve(/^HTTP\/1\.1 200 /.test(text) && text.endsWith("Hello Ada!\n") ? "ok" : `bad: ${text.slice(0, 80)}`),
    );
  });
}

const counts: Record<string, number> = {};
let left = Number(total);
async function worker(): Promise<void> {
  while (left-- > 0) {
    const result = await ask();
    counts[result] = (counts[result] ?? 0) + 1;
  }
}
await Promise.all(Array.from({ length: Number(atOnce) }, worker));
console.log(JSON.stringify(counts));

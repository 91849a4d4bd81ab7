// first-byte ADDRESS COMMAND…: starts a server and prints the milliseconds until the first byte of its answer on port 80.
// Tries again every 2 ms, each time with a new connection: one to a machine that is not there yet would wait for a second.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

const [address, command, ...args] = process.argv.slice(2) as [string, string, ...string[]];

const started = performance.now();
const server = spawn(command, args, { stdio: "ignore" });
const elapsed = await new Promise<number>((resolve, reject) => {
  const timer = setInterval(() => {
    const socket = connect(80, address, () => socket.write("GET /hello/Ada HTTP/1.1\r\nHost: guest\r\n\r\n"));
    socket.on("data", () => {
      clearInterval(timer);
      resolve(performance.now() - started);
    });
    socket.on("error", () => {});
    setTimeout(() => socket.destroy(), 1000).unref();
  }, 2);
  server.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  setTimeout(() => reject(new Error("no answer within 10 s")), 10_000).unref();
});
server.removeAllListeners("exit");
server.kill("SIGKILL");
await once(server, "close");
console.log(JSON.stringify(elapsed));
process.exit(0);

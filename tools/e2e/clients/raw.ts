// raw ADDRESS PORT: sends the bytes of stdin, half-closes, and prints {"answer","closed"}: what came back as latin1, and how it ended.
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const [address, port] = process.argv.slice(2) as [string, string];
const bytes = readFileSync(0);
const socket = connect(Number(port), address);
let answer = "";
let closed = "timeout";
socket.setTimeout(120_000, () => socket.destroy());
socket.on("connect", () => socket.end(bytes));
socket.on("data", (chunk) => {
  answer += chunk.toString("latin1");
});
socket.on("end", () => {
  closed = "end";
});
socket.on("error", (error) => {
  closed = (error as NodeJS.ErrnoException).code ?? error.message;
});
socket.on("close", () => console.log(JSON.stringify({ answer, closed })));

// raw ADDRESS PORT BASE64: sends bytes, half-closes, and prints {"answer","closed"}: what came back as latin1, and how it ended.
import { connect } from "node:net";

const [address, port, base64] = process.argv.slice(2) as [string, string, string];
const socket = connect(Number(port), address);
let answer = "";
let closed = "timeout";
socket.setTimeout(15_000, () => socket.destroy());
socket.on("connect", () => socket.end(Buffer.from(base64, "base64")));
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

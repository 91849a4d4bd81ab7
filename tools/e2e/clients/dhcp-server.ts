// dhcp-server ADDRESS OFFERED SECONDS: lends one address until it is given back; prints the types of the messages that came and
// whether each was sent to this server alone.
import { createSocket } from "node:dgram";

const [address, offered, seconds] = process.argv.slice(2) as [string, string, string];
const bytes = (text: string): number[] => text.split(".").map(Number);
const socket = createSocket({ type: "udp4", reuseAddr: true });
const seen: { type: number; unicast: boolean }[] = [];

function option(message: Buffer, wanted: number): Buffer | undefined {
  for (let at = 240; at < message.length && message[at] !== 255; ) {
    if (message[at] === 0) at++;
    else if (message[at] === wanted) return message.subarray(at + 2, at + 2 + message[at + 1]!);
    else at += 2 + message[at + 1]!;
  }
  return undefined;
}

socket.on("message", (message, { address: from }) => {
  const type = option(message, 53)?.[0] ?? 0;
  seen.push({ type, unicast: from === offered });
  if (type === 7) {
    console.log(JSON.stringify(seen));
    socket.close();
    return;
  }
  const answer = Buffer.alloc(400);
  message.copy(answer, 0, 0, 240);
  answer[0] = 2;
  answer.set(bytes(offered), 16);
  const lease = [0, 0, 0, Number(seconds)];
  // Message type, server, lease, mask, MTU, NTP, name, and a route beside the default one.
  const options = [53, 1, type === 1 ? 2 : 5, 54, 4, ...bytes(address), 51, 4, ...lease, 1, 4, 255, 255, 255, 0];
  options.push(26, 2, 5, 120, 42, 4, ...bytes(address), 12, 3, 98, 111, 120);
  options.push(121, 12, 0, ...bytes(address), 16, 10, 9, ...bytes("10.0.0.3"), 255);
  answer.set(options, 240);
  socket.send(answer, 68, from === "0.0.0.0" ? "255.255.255.255" : from);
});
socket.bind(67, () => socket.setBroadcast(true));

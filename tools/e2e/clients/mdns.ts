// mdns INTERFACE NAME: asks the multicast group for a name's address, first as a plain resolver does, then as a member of the
// group. Prints {"unicast": address, "multicast": address}. Its messages are put together by hand.
import { createSocket, type Socket } from "node:dgram";

const [own, name] = process.argv.slice(2) as [string, string];
const GROUP = "224.0.0.251";
const PORT = 5353;

function query(id: number): Buffer {
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([id >> 8, id & 255, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}

/** Where the name at `at` ends. */
function behindName(message: Buffer, at: number): number {
  while (message[at]! !== 0 && message[at]! < 0xc0) at += 1 + message[at]!;
  return message[at] === 0 ? at + 1 : at + 2;
}

/** The address of the first answer, an A record; others may follow. */
function addressOf(message: Buffer): string {
  let at = 12;
  for (let questions = message.readUInt16BE(4); questions > 0; questions--) at = behindName(message, at) + 4;
  const data = behindName(message, at) + 10;
  return [...message.subarray(data, data + 4)].join(".");
}

function ask(socket: Socket, id: number): Promise<string> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no answer within a minute")), 60_000).unref();
    socket.on("message", (answer) => {
      if ((answer[2]! & 0x80) !== 0 && answer.readUInt16BE(6) === 1) resolve(addressOf(answer));
    });
    socket.setMulticastInterface(own);
    socket.send(query(id), PORT, GROUP);
  });
}

const plain = createSocket("udp4");
await new Promise<void>((resolve) => plain.bind(0, own, resolve));
const unicast = await ask(plain, 77);
plain.close();
// The group hears of a name once a second at most.
await new Promise((resolve) => setTimeout(resolve, 2500));
const member = createSocket({ type: "udp4", reuseAddr: true });
await new Promise<void>((resolve) => member.bind(PORT, resolve));
member.addMembership(GROUP, own);
const multicast = await ask(member, 0);
member.close();
console.log(JSON.stringify({ unicast, multicast }));

// name-server ADDRESS: a small DNS server (UDP and TCP), a time server that is an hour ahead, and an echo server on port 7.
// Its messages are put together by hand, so that nothing of the guest's own code is on both ends. Prints "ready".
// Zone: host.test (two addresses), alias.test -> host.test, slow.test (the first question is lost), many.test (100
// addresses), text.test, lower.test (answers in lower case over UDP), fail.test (SERVFAIL), forged.test (wrong answers come
// first), dead-then-here.test (10.0.0.99, then ADDRESS); nothing else exists.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const here = process.argv[2]!;

const A = 1;
const CNAME = 5;
const TXT = 16;
const address = (text: string) => Buffer.from(text.split(".").map(Number));
const encode = (name: string) =>
  Buffer.concat([
    ...name.split(".").map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0),
  ]);
const u16 = (value: number) => Buffer.of(value >> 8, value & 255);

const zone: Record<string, readonly (readonly [number, Buffer])[]> = {
  "host.test": [
    [A, address("192.0.2.1")],
    [A, address("192.0.2.2")],
  ],
  "alias.test": [[CNAME, encode("host.test")]],
  "slow.test": [[A, address("192.0.2.3")]],
  "many.test": Array.from({ length: 100 }, (_, index) => [A, address(`198.51.100.${index}`)] as const),
  "text.test": [[TXT, Buffer.concat([Buffer.of(5), Buffer.from("hello")])]],
  "lower.test": [[A, address("192.0.2.4")]],
  "forged.test": [[A, address("192.0.2.5")]],
  "here.test": [[A, address(here)]],
  "dead-then-here.test": [
    [A, address("10.0.0.99")],
    [A, address(here)],
  ],
};

let slow = 0;

/** The answer to a query, as bytes; `limit` is where it is truncated. */
function answer(query: Buffer, limit: number): { name: string; reply: Buffer } | undefined {
  const labels: string[] = [];
  let at = 12;
  for (; query[at]; at += query[at]! + 1) labels.push(query.toString("latin1", at + 1, at + 1 + query[at]!));
  const question = query.subarray(12, at + 5);
  const type = query.readUInt16BE(at + 1);
  const name = labels.join(".").toLowerCase();
  if (name === "slow.test" && slow++ === 0) return undefined;
  let rcode = name === "fail.test" ? 2 : 3;
  const answers: Buffer[] = [];
  for (let owner: string | undefined = name, pointer = u16(0xc00c); owner !== undefined; ) {
    const records = zone[owner];
    if (records === undefined) break;
    rcode = 0;
    let next: string | undefined;
    for (const [kind, data] of records) {
      if (kind !== type && kind !== CNAME) continue;
      answers.push(Buffer.concat([pointer, u16(kind), u16(1), Buffer.of(0, 0, 0, 60), u16(data.length), data]));
      if (kind === CNAME) {
        next = "host.test";
        pointer = data as Buffer<ArrayBuffer>;
      }
    }
    owner = next;
  }
  const head = (flags: number, count: number) =>
    Buffer.concat([query.subarray(0, 2), u16(flags | rcode), u16(1), u16(count), u16(0), u16(0)]);
  const whole = Buffer.concat([head(0x8180, answers.length), question, ...answers]);
  return { name, reply: whole.length > limit ? Buffer.concat([head(0x8380, 0), question]) : whole };
}

const dns = createSocket("udp4");
dns.on("message", (query, { address: to, port }) => {
  const result = answer(query, 1232);
  if (result === undefined) return;
  const { name, reply } = result;
  const send = (bytes: Buffer) => dns.send(bytes, port, to);
  if (name === "lower.test")
    return send(Buffer.concat([reply.subarray(0, 12), encode(name), reply.subarray(12 + name.length + 2)]));
  if (name === "forged.test") {
    const wrong = (at: number, change: number) => {
      const forged = Buffer.from(reply);
      forged[at] = forged[at]! ^ change;
      forged.set([6, 6, 6, 6], forged.length - 4);
      send(forged);
    };
    // Another identifier, a question, another name, a cut and noise.
    wrong(1, 1);
    wrong(2, 0x80);
    wrong(13, 1);
    send(reply.subarray(0, 20));
    send(Buffer.from("not a message of any kind at all"));
  }
  send(reply);
});

const streams = createServer((socket) => {
  let received = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const { reply } = answer(received.subarray(2), 65_535)!;
    // In pieces: the length, half, and the rest.
    socket.write(u16(reply.length));
    socket.write(reply.subarray(0, reply.length >> 1));
    setTimeout(() => socket.end(reply.subarray(reply.length >> 1)), 20);
  });
});

const time = createSocket("udp4");
time.on("message", (request, { address: to, port }) => {
  const reply = Buffer.alloc(48);
  reply[0] = 0x24;
  reply[1] = 1;
  request.copy(reply, 24, 40, 48);
  const now = Date.now() + 3_600_000 + 2_208_988_800_000;
  for (const at of [32, 40]) {
    reply.writeUInt32BE(Math.floor(now / 1000), at);
    reply.writeUInt32BE(Math.floor(((now % 1000) / 1000) * 0x1_0000_0000), at + 4);
  }
  time.send(reply, port, to);
});

const echo = createServer((socket) => socket.on("error", () => {}).pipe(socket));

let starting = 4;
const ready = () => {
  if (--starting === 0) console.log("ready");
};
dns.bind(53, here, ready);
time.bind(123, here, ready);
streams.listen(53, here, ready);
echo.listen(7, here, ready);

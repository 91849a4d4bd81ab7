// options GUEST HOST BYTES COMBINATIONS: for each combination of Linux's TCP options (digits: SACK, timestamps, scaling, ECN), sets
// them in this namespace and has apps/peer.ts and Linux exchange BYTES, each once as the client, and compares every byte. Prints, for
// each, what both saw, and what `ss -ti` says of the connection before it ends.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { text } from "node:stream/consumers";

const [guest, host, size, list] = process.argv.slice(2) as [string, string, string, string];
const total = Number(size);

const NAMES = ["tcp_sack", "tcp_timestamps", "tcp_window_scaling", "tcp_ecn"];
// Else a SYN that has to be sent again asks for no ECN (RFC 3168 6.1.1.1).
writeFileSync("/proc/sys/net/ipv4/tcp_ecn_fallback", "0");
function configure(combination: string): void {
  NAMES.forEach((name, index) => {
    writeFileSync(`/proc/sys/net/ipv4/${name}`, combination[index]!);
  });
}

const ss = (filter: string): string =>
  execFileSync("ss", ["-tinoH", "state", "connected", ...filter.split(" ")], { encoding: "utf8" }).replace(/\s+/g, " ");

const sent = Buffer.alloc(total);
let state = 7;
for (let at = 0; at < total; at++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
  sent[at] = state >>> 16;
}

/** Linux is the client. */
async function asClient(): Promise<object> {
  const socket = connect(8, guest);
  socket.setTimeout(240_000, () => socket.destroy(new Error("nothing came for four minutes")));
  await once(socket, "connect");
  const parts: Buffer[] = [];
  let received = 0;
  const all = new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("end", resolve);
    socket.on("data", (chunk: Buffer) => {
      parts.push(chunk);
      received += chunk.length;
      if (received >= total) resolve();
    });
  });
  socket.write(sent);
  await all;
  const info = ss(`sport = :${socket.localPort}`);
  socket.end();
  await once(socket, "close");
  return { received, wrong: Buffer.concat(parts).equals(sent) ? -1 : 0, info };
}

/** The guest is the client, and compares. */
async function asServer(): Promise<object> {
  let info = "";
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("data", (chunk) => socket.write(chunk));
    socket.on("error", () => {});
    socket.on("end", () => {
      info = ss(`sport = :${(server.address() as AddressInfo).port}`);
      socket.end();
    });
  });
  server.listen(0, host);
  await once(server, "listening");
  const control = connect(1, guest);
  control.setTimeout(240_000, () => control.destroy(new Error("the guest said nothing for four minutes")));
  control.end(`echo ${host} ${(server.address() as AddressInfo).port} ${total}`);
  const answer = await text(control);
  server.close();
  return { ...(JSON.parse(answer) as object), info };
}

const results: object[] = [];
for (const combination of list.split(",")) {
  configure(combination);
  const [client, server] = await Promise.all([asClient(), asServer()]);
  results.push({ combination, client, server });
}
console.log(JSON.stringify(results));

// soak ADDRESS sequence COUNT PORT…: opens COUNT connections one after the other, to each port in turn, says one byte where the port
// echoes, and hears the end; prints {"ok","failed","seconds"}.
// soak ADDRESS hold COUNT PORT [LOCAL]: opens COUNT connections, says something over each of them while all are open, prints
// {"open"} on a line, with what became of others, and does with all of them what its stdin says: `end`, `reset`, or nothing, until it
// is killed.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";

const [address, verb, count, ...rest] = process.argv.slice(2) as [string, string, string, ...string[]];
const HELLO = 10;
/** Milliseconds until a connection that says nothing is counted as such. */
const PATIENCE = 120_000;

function one(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    let heard = 0;
    let ended = false;
    socket.setTimeout(120_000, () => socket.destroy());
    socket.on("data", (data: Buffer) => {
      heard += data.length;
      if (port !== HELLO) socket.end();
    });
    socket.on("end", () => {
      ended = true;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(ended && heard === (port === HELLO ? 6 : 1)));
    if (port !== HELLO) socket.write("x");
  });
}

async function sequence(): Promise<void> {
  // Linux keeps closed connections for a minute and runs out of ports: these it may forget.
  writeFileSync("/proc/sys/net/ipv4/tcp_max_tw_buckets", "64");
  writeFileSync("/proc/sys/net/ipv4/ip_local_port_range", "20000 60999");
  const started = performance.now();
  let ok = 0;
  let failed = 0;
  for (let index = 0; index < Number(count); index++) {
    if (await one(Number(rest[index % rest.length]))) ok++;
    else failed++;
  }
  console.log(JSON.stringify({ ok, failed, seconds: (performance.now() - started) / 1000 }));
}

async function hold(): Promise<void> {
  const [port, local] = rest;
  const sockets: Socket[] = await Promise.all(
    Array.from({ length: Number(count) }, async () => {
      const socket = connect({
        port: Number(port),
        host: address,
        ...(local !== undefined && { localAddress: local }),
      });
      // Whoever fails, whenever that is, closes.
      socket.on("error", () => {});
      await Promise.race([once(socket, "connect"), once(socket, "close")]);
      return socket;
    }),
  );
  const heard = await Promise.all(
    sockets.map((socket) => {
      if (socket.destroyed) return "closed";
      socket.write("abc");
      return new Promise<string>((resolve) => {
        socket.once("data", () => resolve("open"));
        socket.once("close", () => resolve("closed"));
        setTimeout(() => resolve("silent"), PATIENCE).unref();
      });
    }),
  );
  const counts: Record<string, number> = {};
  for (const outcome of heard) counts[outcome] = (counts[outcome] ?? 0) + 1;
  console.log(JSON.stringify(counts));
  process.stdin.on("data", (data) => {
    for (const socket of sockets) {
      if (data.toString().startsWith("reset")) socket.resetAndDestroy();
      else socket.end();
    }
    process.stdin.destroy();
  });
}

await (verb === "sequence" ? sequence() : hold());

// abuse KIND ADDRESS: misuses a server of apps/web-abuse.ts while an honest client asks; prints how both ended.
import { connect, type Socket } from "node:net";

const [kind, address] = process.argv.slice(2) as [string, string];
const ends: Record<string, number> = {};
const note = (end: string) => {
  ends[end] = (ends[end] ?? 0) + 1;
};

/** Opens a connection; `ended` is the status of its last answer, or how else it ended. */
function open(then: (socket: Socket) => void, halfOpen = false): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 80, allowHalfOpen: halfOpen }, () => then(socket));
    let text = "";
    socket.on("data", (chunk) => {
      text = (text + chunk.toString("latin1")).slice(-4096);
    });
    socket.on("end", () => socket.end());
    // A server that has said its last word resets who goes on sending: that is no failure of its own.
    socket.on("error", () => {});
    socket.on("close", () => {
      note(/HTTP\/1\.1 (\d+) (?!.*HTTP\/1\.1)/s.exec(text)?.[1] ?? "nothing");
      resolve();
    });
  });
}

let served = 0;
let isOver = false;
/** Asks with a new connection each time until the abuse is over. */
async function askHonestly(): Promise<void> {
  while (!isOver || served === 0) {
    const response = await fetch(`http://${address}/`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(240_000),
    });
    if ((await response.text()) === "served\n") served++;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

async function atOnce(workers: number, total: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    times(workers, async () => {
      while (next < total) await work(next++);
    }),
  );
}

function every(milliseconds: number, socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), milliseconds);
  socket.on("close", () => clearInterval(timer));
}

const bombs = [
  `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(200)}\r\n`,
  `GET /${"x".repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: a\r\n${"x".repeat(20_000)}`,
];

const kinds: Record<string, () => Promise<unknown>> = {
  /** Heads that never end, and contents that hardly begin. */
  slow: () =>
    Promise.all([
      ...times(200, () =>
        open((socket) => {
          socket.write("GET / HTTP/1.1\r\nHost: a\r\n");
          every(200, socket, "X: y\r\n");
        }),
      ),
      ...times(50, () =>
        open((socket) => {
          socket.write("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
          every(200, socket, "x");
        }),
      ),
    ]),
  bombs: () => atOnce(50, 10_000, (index) => open((socket) => socket.write(bombs[index % bombs.length]!))),
  oversized: () =>
    Promise.all([
      ...times(50, () =>
        open((socket) => {
          socket.write("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000000\r\n\r\n");
        }),
      ),
      ...times(50, () =>
        open((socket) => {
          socket.write("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
          const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
          const flood = () => {
            while (socket.writable && socket.write(chunk));
          };
          socket.on("drain", flood);
          flood();
        }),
      ),
    ]),
  halfClosed: () =>
    atOnce(100, 600, (index) =>
      open((socket) => {
        if (index % 3 === 0) socket.end("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        else if (index % 3 === 1) socket.end("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx");
        else socket.end();
      }, true),
    ),
  /** More content at a time than the server holds for all, of which the last byte comes when somebody was refused. */
  contents: async () => {
    const content = "x".repeat(250_000);
    const sockets: Socket[] = [];
    const closed = times(100, () =>
      open((socket) => {
        sockets.push(socket);
        socket.write(
          `POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${content.length + 1}\r\n\r\n`,
        );
        socket.write(content);
      }),
    );
    while (ends[503] === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const socket of sockets) if (socket.writable) socket.write("x");
    await Promise.all(closed);
  },
  /** A thousand connections that have had an answer and say no more, until this client is gone. */
  idle: async () => {
    const sockets: Socket[] = [];
    const closed: Promise<void>[] = [];
    await Promise.all(
      times(
        1000,
        () =>
          new Promise<void>((resolve) => {
            closed.push(
              open((socket) => {
                sockets.push(socket);
                socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                socket.once("data", () => resolve());
                socket.once("close", () => resolve());
              }),
            );
          }),
      ),
    );
    const before = served;
    while (served < before + 20) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const socket of sockets) socket.end();
    await Promise.all(closed);
  },
};

const honest = askHonestly();
await kinds[kind]!();
isOver = true;
await honest;
console.log(JSON.stringify({ ends, served }));
process.exit(0);

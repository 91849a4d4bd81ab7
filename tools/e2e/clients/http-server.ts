// node http-server.ts HOST: what apps/fetch.ts fetches from; prints its port, then at SIGTERM how many connections it saw.
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

const host = process.argv[2]!;
let connections = 0;

const server = createServer(async (request, response) => {
  const url = request.url!;
  const [, kind, argument = ""] = url.split("/");
  if (kind === "hello") response.end("hello\n");
  else if (kind === "count") {
    let length = 0;
    for await (const piece of request) length += piece.length;
    response.end(String(length));
  } else if (kind === "download") {
    const total = Number(argument);
    let go = () => {};
    response.on("error", () => {});
    response.on("drain", () => go());
    response.on("close", () => go());
    for (let at = 0; at < total && !response.destroyed; at += 100_000) {
      const piece = Buffer.alloc(Math.min(100_000, total - at), (at / 100_000) & 0xff);
      if (!response.write(piece)) {
        await new Promise<void>((resolve) => {
          go = resolve;
        });
      }
    }
    response.end();
  } else if (kind === "gzip") {
    response.setHeader("content-encoding", "gzip").end(gzipSync(Buffer.alloc(Number(argument), 7)));
  } else if (kind === "redirect") {
    const left = Number(argument);
    if (left === 0) response.end("arrived");
    else response.writeHead(302, { location: `../redirect/${left - 1}` }).end("further");
  } else if (kind === "loop") {
    response.writeHead(307, { location: url }).end();
  } else if (kind === "closing") {
    // Closed right behind the answer, which does not say so: the next request may already be on its way.
    response.end("x", () => request.socket.end());
  } else if (kind !== "silent") response.writeHead(404).end();
});
server.keepAliveTimeout = 30_000;
server.on("connection", () => connections++);
server.listen(0, host, () => console.log((server.address() as { port: number }).port));
process.on("SIGTERM", () => {
  console.log(connections);
  process.exit(0);
});

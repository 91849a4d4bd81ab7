// The routes of apps/routes.ts with node:http, and Hono on Node.js beside it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const file = readFileSync(new URL("../public/ten-kilobytes.txt", import.meta.url));
const etag = `"${createHash("sha256").update(file).digest("base64url").slice(0, 22)}"`;
const JSON_TYPE = { "content-type": "application/json" };

const server = createServer((request, response) => {
  const url = request.url ?? "";
  const [, folder, name] = /^\/([^/]+)\/?([^/]*)$/.exec(url) ?? [];
  if (folder === "hello" && request.method === "GET") {
    response.setHeader("content-type", "text/plain; charset=utf-8").end(`Hello ${decodeURIComponent(name!)}!\n`);
  } else if (folder === "json" && request.method === "GET") {
    response.writeHead(200, JSON_TYPE).end(JSON.stringify({ n: Number(name), square: Number(name) ** 2 }));
  } else if (folder === "echo" && request.method === "POST") {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      text += piece;
    });
    request.on("end", () => response.writeHead(200, JSON_TYPE).end(JSON.stringify(JSON.parse(text))));
  } else if (url === "/ten-kilobytes.txt" && request.method === "GET") {
    if (request.headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
    else {
      const fields = { "content-type": "text/plain;charset=utf-8", "cache-control": "no-cache", etag };
      response.writeHead(200, { ...fields, "content-length": file.length }).end(file);
    }
  } else response.writeHead(404).end();
});
const hono = new Hono().get("/hello/:name", (c) => c.text(`Hello ${c.req.param("name")}!\n`));

server.listen(80, () => serve({ fetch: hono.fetch, port: 81 }, () => console.log("listening")));

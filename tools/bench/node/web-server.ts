// The routes of apps/web-server that are measured, with node:http.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  const name = /^\/hello\/([^/]+)$/.exec(request.url ?? "")?.[1];
  if (name === undefined) response.writeHead(404).end();
  else response.setHeader("content-type", "text/plain; charset=utf-8").end(`Hello ${decodeURIComponent(name)}!\n`);
});
server.listen(80, () => console.log("listening"));

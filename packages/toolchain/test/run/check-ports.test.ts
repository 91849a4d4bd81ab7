import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { parsePortForward } from "../../src/run/options.ts";
import { checkPorts } from "../../src/run/run-image.ts";

test("a TCP port that is in use is named, with another one to try", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const message = `port ${port} is in use: choose another, for example -p ${port + 1}:80`;
    await expect(checkPorts([parsePortForward(`${port}:80`)])).rejects.toThrow(message);
  } finally {
    server.close();
  }
});

test("a UDP port that is in use is named, with another one to try", async () => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  try {
    const message = `port ${port} is in use: choose another, for example -p ${port + 1}:53/udp`;
    await expect(checkPorts([parsePortForward(`${port}:53/udp`)])).rejects.toThrow(message);
  } finally {
    socket.close();
  }
});

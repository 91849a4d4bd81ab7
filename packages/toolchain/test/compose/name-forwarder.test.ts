import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { createForwarder, parseServer } from "../../src/compose/name-forwarder.ts";

it.each([
  ["192.0.2.1", { address: "192.0.2.1", port: 53, family: "udp4" }],
  ["192.0.2.1:5353", { address: "192.0.2.1", port: 5353, family: "udp4" }],
  ["2001:db8::1", { address: "2001:db8::1", port: 53, family: "udp6" }],
  ["[2001:db8::1]:5353", { address: "2001:db8::1", port: 5353, family: "udp6" }],
])("a server's address: %s", (text, parsed) => {
  expect(parseServer(text)).toEqual(parsed);
});

it("hands on the answer with the question's identifier, and no other", async () => {
  const server = createSocket("udp4");
  server.on("message", (message, { port }) => {
    const forged = Buffer.from(message);
    forged[0]! ^= 1;
    server.send(forged, port);
    server.send(Buffer.concat([message, Buffer.from("answer")]), port);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const forwarder = createForwarder([`127.0.0.1:${server.address().port}`]);
  const answer = await new Promise<Uint8Array | undefined>((resolve) =>
    forwarder.ask(new Uint8Array([1, 2, 3]), resolve),
  );
  expect(Buffer.from(answer!).toString("latin1")).toBe("\x01\x02\x03answer");
});

it("without a server, and when it is closed, there is no answer", async () => {
  const none = new Promise((resolve) => createForwarder([]).ask(new Uint8Array(2), resolve));
  expect(await none).toBeUndefined();
  const silent = createSocket("udp4");
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const forwarder = createForwarder([`127.0.0.1:${silent.address().port}`]);
  const abandoned = new Promise((resolve) => forwarder.ask(new Uint8Array(2), resolve));
  forwarder.close();
  expect(await abandoned).toBeUndefined();
});

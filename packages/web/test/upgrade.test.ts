import { readAll } from "@soloist/testing";
import { expect, it } from "vitest";
import { PrefixedFlow } from "../src/upgrade.ts";
import { flowPair } from "./memory-flow.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

it("a flow with bytes in front has them in front of its web stream, too", async () => {
  const { client, server } = flowPair();
  const flow = new PrefixedFlow(server, new TextEncoder().encode("read before, "));
  await client.write("read behind");
  client.shutdown();
  const reader = flow.readable.getReader();
  expect(text(await readAll({ read: async () => (await reader.read()).value }))).toBe("read before, read behind");
  await flow.writable.getWriter().write("answer");
  expect(text((await client.read())!)).toBe("answer");
});

it("once they are read, it is the stream of the flow below", async () => {
  const { server } = flowPair();
  const flow = new PrefixedFlow(server, new TextEncoder().encode("in front"));
  await flow.read();
  expect(flow.readable).toBe(server.readable);
});

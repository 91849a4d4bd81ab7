import { flowSuite } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { byteHelpers } from "../src/bytes.ts";
import { createHostTcp } from "../src/sockets/tcp.ts";

/** As the machine of an app has it, on any port of loopback. */
const tcp = createHostTcp({ bytes: byteHelpers, address: "127.0.0.1", isOwn: (address) => address.startsWith("127.") });

describe("sockets of the host keep the contract of flows", () => {
  const suite = flowSuite(async (use) => {
    const listener = tcp.listen({ port: 0 });
    const connect = () => tcp.connect({ ...listener.local });
    const client = await connect();
    const server = (await listener.accept())!;
    try {
      await use({ listener, client, server, connect });
    } finally {
      client.abort();
      server.abort();
      listener.close();
    }
  });
  for (const { name, run } of suite) it(name, run);
});

describe("tcp", () => {
  it("a port that the app has is refused with EADDRINUSE", () => {
    const listener = tcp.listen({ port: 0 });
    expect(() => tcp.listen({ port: listener.local.port })).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
    listener.close();
  });

  it("a port where nobody listens refuses with ECONNREFUSED", async () => {
    const listener = tcp.listen({ port: 0 });
    const { local } = listener;
    listener.close();
    await expect(tcp.connect({ address: "127.0.0.1", port: local.port })).rejects.toMatchObject({
      code: "ECONNREFUSED",
      name: "ConnectionRefusedError",
    });
  });

  it("ports and addresses that are none are refused with EINVAL", async () => {
    expect(() => tcp.listen({ port: 70_000 })).toThrow(expect.objectContaining({ code: "EINVAL" }));
    await expect(tcp.connect({ address: "10.0.0.256", port: 1 })).rejects.toMatchObject({ code: "EINVAL" });
  });

  it("an address of somebody else is refused with EADDRNOTAVAIL", () => {
    expect(() => tcp.listen({ port: 0, address: "10.9.8.7" })).toThrow(
      expect.objectContaining({ code: "EADDRNOTAVAIL" }),
    );
  });

  it("a signal gives up, with its reason", async () => {
    const reason = new Error("enough");
    await expect(tcp.connect({ address: "127.0.0.1", port: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});

import { describe, expect, it } from "vitest";
import { createHostDns } from "../src/sockets/dns.ts";
import { createHostUdp } from "../src/sockets/udp.ts";

const udp = createHostUdp({ address: "127.0.0.1", isOwn: (address) => address.startsWith("127.") });

describe("udp", () => {
  it("datagrams go to a port of our own and back", async () => {
    await using server = udp.bind({ port: 5300 });
    await using client = udp.bind();
    client.send(new TextEncoder().encode("ping"), { address: "127.0.0.1", port: 5300 });
    const { data, remote } = (await server.receive())!;
    expect(new TextDecoder().decode(data)).toBe("ping");
    server.send(new TextEncoder().encode("pong"), remote);
    expect(new TextDecoder().decode((await client.receive())!.data)).toBe("pong");
  });

  it("a connected socket hears that nobody is there", async () => {
    const gone = udp.bind();
    gone.close();
    await using socket = udp.connect({ remote: { address: "127.0.0.1", port: 9 } });
    socket.send(new Uint8Array(1));
    await expect(socket.receive()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("a port that is taken, and what is too long, are refused by code", async () => {
    await using _ = udp.bind({ port: 5301 });
    expect(() => udp.bind({ port: 5301 })).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
    await using socket = udp.bind();
    expect(() => socket.send(new Uint8Array(65_508), { address: "127.0.0.1", port: 1 })).toThrow(
      expect.objectContaining({ code: "EMSGSIZE" }),
    );
    expect(() => socket.join("10.0.0.1")).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });

  it("closing ends iteration", async () => {
    const socket = udp.bind();
    const iteration = (async () => {
      for await (const _ of socket) throw new Error("nobody sent anything");
    })();
    socket.close();
    await iteration;
  });
});

describe("dns", () => {
  const dns = createHostDns(undefined);

  it("an address stands for itself, localhost for 127.0.0.1", async () => {
    expect(await dns.lookup("10.1.2.3")).toEqual([{ address: "10.1.2.3", family: 4 }]);
    expect(await dns.lookup("localhost")).toEqual([{ address: "127.0.0.1", family: 4 }]);
  });

  it("a signal gives up, with its reason", async () => {
    const reason = new Error("enough");
    await expect(dns.lookup("example.com", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

import { pattern, readAll } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import net from "../../src/modules/net.ts";
import { event, simulated } from "../simulated.ts";

describe("net.Socket", () => {
  it("writes before it is connected, reads, half-closes and says close last", async () => {
    const { simulation, peer } = await simulated();
    const said: string[] = [];
    const work = async () => {
      const listener = peer.tcp.listen({ port: 7 });
      const socket = net.connect({ host: "10.0.0.2", port: 7, allowHalfOpen: true } as never);
      for (const name of ["connect", "ready", "end", "finish", "close"]) socket.on(name, () => void said.push(name));
      expect([socket.connecting, socket.pending, socket.readyState]).toEqual([true, true, "opening"]);
      socket.end("question");
      const flow = (await listener.accept())!;
      const asked = new TextDecoder().decode(await readAll(flow));
      await flow.write("answer");
      flow.shutdown();
      const chunks: Uint8Array[] = [];
      socket.on("data", (chunk: Uint8Array) => void chunks.push(chunk));
      const [hadError] = await event(socket, "close");
      expect([socket.remoteAddress, socket.remotePort, socket.remoteFamily]).toEqual(["10.0.0.2", 7, "IPv4"]);
      expect([socket.bytesRead, socket.bytesWritten, hadError]).toEqual([6, 8, false]);
      return [asked, Buffer.concat(chunks).toString()];
    };
    expect(await simulation.run(work())).toEqual(["question", "answer"]);
    expect(said).toEqual(["connect", "ready", "finish", "end", "close"]);
  });

  it("holds the peer back while it is paused, and gets every byte", async () => {
    const { simulation, peer } = await simulated();
    const data = pattern(2_000_000, 3);
    const work = async () => {
      const listener = peer.tcp.listen({ port: 7 });
      const socket = net.connect(7, "10.0.0.2");
      const connected = event(socket, "connect");
      const flow = (await listener.accept())!;
      let taken = false;
      const written = flow.write(data).then(() => {
        taken = true;
        flow.shutdown();
      });
      await connected;
      const chunks: Uint8Array[] = [];
      socket.on("data", (chunk: Uint8Array) => {
        if (chunks.push(chunk) !== 1) return;
        expect(taken).toBe(false);
        socket.pause();
        setImmediate(() => socket.resume());
      });
      await event(socket, "end");
      await written;
      return Buffer.concat(chunks);
    };
    expect(Buffer.compare(await simulation.run(work()), Buffer.from(data))).toBe(0);
  });

  it("fails as Node's does: code, syscall, address, port, then close", async () => {
    const { simulation } = await simulated();
    const socket = net.connect({ host: "10.0.0.2", port: 9 });
    const failed = event(socket, "error");
    const closed = event(socket, "close");
    const [error] = await simulation.run(failed);
    expect(error).toMatchObject({ code: "ECONNREFUSED", syscall: "connect", address: "10.0.0.2", port: 9 });
    expect(await simulation.run(closed)).toEqual([true]);
    expect(() => net.connect({ host: "10.0.0.2", port: 70_000 })).toThrow(
      expect.objectContaining({ code: "ERR_SOCKET_BAD_PORT" }),
    );
    expect(() => net.connect("/run/socket")).toThrow(expect.objectContaining({ code: "ENOSYS" }));
  });

  it("a reset reaches the reader as ECONNRESET", async () => {
    const { simulation, peer } = await simulated();
    const work = async () => {
      const listener = peer.tcp.listen({ port: 7 });
      const socket = net.connect({ host: "10.0.0.2", port: 7 });
      const connected = event(socket, "connect");
      const flow = (await listener.accept())!;
      await connected;
      socket.resume();
      flow.abort();
      return event(socket, "error");
    };
    expect(await simulation.run(work())).toMatchObject([{ code: "ECONNRESET" }]);
  });

  it("destroy while connecting gives up without an error", async () => {
    const { simulation } = await simulated();
    const socket = net.connect({ host: "10.0.0.77", port: 7 });
    socket.on("error", () => expect.unreachable());
    socket.destroy();
    expect(await simulation.run(event(socket, "close"))).toEqual([false]);
  });
});

describe("net.Server", () => {
  it("serves, knows its connections, and closes when the last has ended", async () => {
    const { simulation, peer } = await simulated();
    const work = async () => {
      const server = net.createServer((socket: InstanceType<typeof net.Socket>) => void socket.pipe(socket));
      server.listen(8);
      await event(server, "listening");
      expect(server.address()).toEqual({ address: "10.0.0.1", family: "IPv4", port: 8 });
      const flow = await peer.tcp.connect({ address: "10.0.0.1", port: 8 });
      await flow.write("echo");
      const echoed = new TextDecoder().decode(await flow.read());
      const closed = event(server, "close");
      server.close();
      await expect(peer.tcp.connect({ address: "10.0.0.1", port: 8 })).rejects.toMatchObject({ code: "ECONNREFUSED" });
      await flow.close();
      await closed;
      return echoed;
    };
    expect(await simulation.run(work())).toBe("echo");
  });

  it("says EADDRINUSE in an event", async () => {
    const { simulation, own } = await simulated();
    own.tcp.listen({ port: 8 });
    const server = net.createServer().listen({ port: 8 });
    expect(await simulation.run(event(server, "error"))).toMatchObject([{ code: "EADDRINUSE", syscall: "listen" }]);
  });
});

describe("net.isIP", () => {
  it("agrees with Node's", async () => {
    const node = await import("node:net");
    const addresses = [
      "10.0.0.1",
      "256.0.0.1",
      "1.2.3",
      "01.2.3.4",
      "::",
      "::1",
      "1::2::3",
      "fe80::1%eth0",
      "fe80::1%",
    ];
    addresses.push(
      "::ffff:10.0.0.1",
      "1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7::",
      "12345::",
      "",
      "host",
      "::1.2.3",
    );
    addresses.push("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", ":::", ":1::2", "1::2:");
    for (const address of addresses) expect([address, net.isIP(address)]).toEqual([address, node.isIP(address)]);
  });
});

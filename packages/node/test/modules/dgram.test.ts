import { describe, expect, it } from "vitest";
import dgram from "../../src/modules/dgram.ts";
import { event, simulated } from "../simulated.ts";

describe("dgram.Socket", () => {
  it("binds, sends parts and ranges, and hears who answers", async () => {
    const { simulation, peer } = await simulated();
    const work = async () => {
      const echo = peer.udp.bind({ port: 9 });
      const socket = dgram.createSocket("udp4");
      socket.bind(5000);
      await event(socket, "listening");
      expect(socket.address()).toMatchObject({ port: 5000, family: "IPv4" });
      socket.send(["he", Buffer.from("llo")], 9, "10.0.0.2");
      socket.send(Buffer.from("--part--"), 2, 4, 9, "10.0.0.2");
      const heard: string[] = [];
      for (let index = 0; index < 2; index++) {
        const datagram = (await echo.receive())!;
        heard.push(Buffer.from(datagram.data).toString());
        echo.send(datagram.data, datagram.remote);
        const [message, info] = await event(socket, "message");
        expect(String(message)).toBe(heard[index]);
        expect(info).toEqual({ address: "10.0.0.2", family: "IPv4", port: 9, size: heard[index]!.length });
      }
      socket.close();
      await event(socket, "close");
      return heard;
    };
    expect(await simulation.run(work())).toEqual(["hello", "part"]);
  });

  it("connected, it says that nobody is there", async () => {
    const { simulation } = await simulated();
    const work = async () => {
      const socket = dgram.createSocket({ type: "udp4" });
      socket.connect(9, "10.0.0.2");
      await event(socket, "connect");
      expect(socket.remoteAddress()).toMatchObject({ address: "10.0.0.2", port: 9 });
      socket.send("anybody?");
      return event(socket, "error");
    };
    expect(await simulation.run(work())).toMatchObject([{ code: "ECONNREFUSED", syscall: "recv" }]);
  });
});

import { pattern, readAll, Simulation } from "@soloist/testing";
import { expect, it } from "vitest";
import { stack } from "../src/index.ts";

/** A server with a backlog of two, and a client that has connected once: both know each other's MAC. */
async function twoHosts(simulation: Simulation) {
  const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
  const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
  const listener = a.tcp.listen({ port: 7, backlog: 2 });
  const connect = () => b.tcp.connect({ address: "10.0.0.1", port: 7 });
  await Promise.all([connect(), listener.accept()]);
  return { a, b, listener, connect };
}

it("with the backlog full of handshakes nobody finishes, others are served by way of cookies", async () => {
  const simulation = new Simulation({ delay: 1 });
  await simulation.run(
    (async () => {
      const { a, listener, connect } = await twoHosts(simulation);
      // What the server sends to the next two is lost: they fill its backlog, and the third has no place in it.
      const lost = new Set<number>();
      simulation.filter = (frame, from) => {
        const port = (at: number) => (frame[at]! << 8) | frame[at + 1]!;
        if (from === 1 && frame[47] === 2 && lost.size < 2) lost.add(port(34));
        return from === 1 || !lost.has(port(36));
      };
      void Promise.allSettled([connect(), connect()]);
      const [flow, served] = await Promise.all([connect(), listener.accept()]);
      expect(a.counters.tcp.cookiesTaken).toBe(1);
      const data = pattern(300_000, 1);
      const received = readAll(served!);
      await flow.write(data);
      flow.shutdown();
      expect(Buffer.compare(await received, data)).toBe(0);
      await served!.close();
    })(),
    60_000,
  );
});

it("a cookie that arrives after its SYN was sent again, and got a place, is still good", async () => {
  const simulation = new Simulation({ delay: 1 });
  await simulation.run(
    (async () => {
      const { a, b, listener, connect } = await twoHosts(simulation);
      // The first answers to two others are lost: they fill the backlog for a second. The third gets a cookie, which waits on its
      // way until the server has answered the third's second SYN.
      const answered = new Set<number>();
      let cookie: Uint8Array | undefined;
      simulation.filter = (frame, from) => {
        if (from === 1 || frame[47] !== 0x12) return true;
        const port = (frame[36]! << 8) | frame[37]!;
        if (!answered.has(port)) {
          answered.add(port);
          if (answered.size === 3) cookie = frame.slice();
          return false;
        }
        if (cookie === undefined || port !== ((cookie[36]! << 8) | cookie[37]!)) return true;
        simulation.inject(cookie);
        return false;
      };
      const accepted = Promise.all([listener.accept(), listener.accept(), listener.accept()]);
      const others = [connect(), connect()];
      await expect(b.tcp.connect({ address: "10.0.0.1", port: 9 })).rejects.toThrow(); // a round trip later
      const flow = await connect();
      await Promise.all(others);
      const served = await accepted;
      expect(a.counters.tcp.cookiesSent).toBe(1);
      expect(a.counters.tcp.cookiesTaken).toBe(1);
      expect(a.usage.connections).toBe(4);
      const data = pattern(300_000, 1);
      const peer = served.find((each) => each!.remote.port === flow.local.port)!;
      const received = readAll(peer);
      await flow.write(data);
      flow.shutdown();
      expect(Buffer.compare(await received, data)).toBe(0);
      await peer.close();
    })(),
    60_000,
  );
});

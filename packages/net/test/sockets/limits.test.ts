import { Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { stack, TimedOutError } from "../../src/index.ts";

async function pair() {
  const simulation = new Simulation({ seed: 8 });
  const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24" } }));
  const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24" } }));
  return { simulation, a, b };
}

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => error,
  );

describe("signals and deadlines", () => {
  it("a listener's signal closes it: who waits gets undefined, who comes is refused", async () => {
    const { simulation, a, b } = await pair();
    const controller = new AbortController();
    const listener = a.tcp.listen({ port: 7, signal: controller.signal });
    const waiting = listener.accept();
    controller.abort();
    expect(await simulation.run(waiting)).toBeUndefined();
    const refused = outcome(b.tcp.connect({ address: "10.0.0.1", port: 7 }));
    expect(await simulation.run(refused)).toMatchObject({ code: "ECONNREFUSED" });
    const closed = a.tcp.listen({ port: 8, signal: AbortSignal.abort() });
    expect(await simulation.run(closed.accept())).toBeUndefined();
  });

  it("a socket's signal closes it; receive gives up by signal or timeout and loses no datagram", async () => {
    const { simulation, a, b } = await pair();
    const controller = new AbortController();
    const socket = a.udp.bind({ port: 9, signal: controller.signal });
    const late = await simulation.run(outcome(socket.receive({ timeout: 1000 })));
    expect(late).toBeInstanceOf(TimedOutError);
    expect(simulation.now).toBeGreaterThanOrEqual(1000);
    const reason = new Error("enough");
    expect(await simulation.run(outcome(socket.receive({ signal: AbortSignal.abort(reason) })))).toBe(reason);
    const waiting = socket.receive({ timeout: 10_000 });
    b.udp.bind().send(new Uint8Array([1, 2, 3]), { address: "10.0.0.1", port: 9 });
    expect((await simulation.run(waiting))?.data).toEqual(new Uint8Array([1, 2, 3]));
    const last = socket.receive();
    controller.abort();
    expect(await simulation.run(last)).toBeUndefined();
    expect(() => b.udp.bind({ port: 9 }).send(new Uint8Array(1), { address: "10.0.0.1", port: 9 })).not.toThrow();
    expect(a.udp.bind({ port: 9 }).local.port).toBe(9);
  });

  it("a wait that is over leaves no timer: an idle stack sleeps on", async () => {
    const { simulation, a, b } = await pair();
    const listener = a.tcp.listen({ port: 7 });
    const client = await simulation.run(b.tcp.connect({ address: "10.0.0.1", port: 7 }));
    const server = (await simulation.run(listener.accept({ timeout: 86_400_000 })))!;
    const read = server.read({ timeout: 86_400_000 });
    await simulation.run(client.write("x"));
    expect(await simulation.run(read)).toHaveLength(1);
    await simulation.pass(60_000);
    await expect(simulation.run(server.read(), 1e9)).rejects.toThrow(/dead-lock/);
  });

  it("a timeout that is none is refused with EINVAL", async () => {
    const { simulation, a } = await pair();
    for (const timeout of [-1, Number.NaN]) {
      const refused = expect.objectContaining({ code: "EINVAL" });
      expect(await simulation.run(outcome(a.tcp.connect({ address: "10.0.0.2", port: 7, timeout })))).toEqual(refused);
      expect(await simulation.run(outcome(a.tcp.listen({ port: 0 }).accept({ timeout })))).toEqual(refused);
      expect(await simulation.run(outcome(a.icmp.ping("10.0.0.2", { timeout })))).toEqual(refused);
      expect(await simulation.run(outcome(a.dns.lookup("host.test", { timeout })))).toEqual(refused);
    }
  });
});

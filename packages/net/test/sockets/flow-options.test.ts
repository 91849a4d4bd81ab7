import { Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { currentStack, stack } from "../../src/index.ts";

describe("options of a flow that is open", () => {
  it("keep-alive ends a connection whose peer is gone, and only while it is on", async () => {
    const simulation = new Simulation({ seed: 3 });
    const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
    const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
    a.tcp.listen({ port: 7 });
    const flow = await simulation.run(b.tcp.connect({ address: "10.0.0.1", port: 7 }));
    flow.setKeepAlive(60_000);
    await simulation.pass(600_000);
    expect(flow.info().state).toBe("ESTABLISHED");
    flow.setKeepAlive(0);
    simulation.filter = () => false;
    await simulation.pass(3_600_000);
    expect(flow.info().state).toBe("ESTABLISHED");
    flow.setKeepAlive(60_000);
    const read = flow.read().then(
      () => "read",
      (error: { code?: string }) => error.code,
    );
    expect(await simulation.run(read, 3_600_000)).toBe("ETIMEDOUT");
    expect(() => flow.setKeepAlive(-1)).toThrowError(expect.objectContaining({ code: "EINVAL" }));
  });

  it("info has the round trip, both windows, and how many segments were sent again", async () => {
    const simulation = new Simulation({ seed: 5, delay: 20 });
    const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
    const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
    const listener = a.tcp.listen({ port: 7, receiveBuffer: 20_000 });
    const flow = await simulation.run(b.tcp.connect({ address: "10.0.0.1", port: 7, receiveBuffer: 30_000 }));
    const server = (await simulation.run(listener.accept()))!;
    expect(flow.info()).toMatchObject({ retransmissions: 0, sendWindow: 20_000, receiveWindow: 30_000 });
    expect(flow.info().roundTrip).toBeGreaterThanOrEqual(40);
    simulation.filter = () => false;
    await simulation.run(flow.write(new Uint8Array(5000)));
    await simulation.pass(1000);
    simulation.filter = () => true;
    await simulation.pass(5000);
    const { retransmissions, sendWindow, unsent } = flow.info();
    expect(retransmissions).toBeGreaterThanOrEqual(4);
    expect(retransmissions).toBe(b.counters.tcp.retransmitted);
    expect({ sendWindow, unsent }).toEqual({ sendWindow: 15_000, unsent: 0 });
    expect(server.info()).toMatchObject({ retransmissions: 0, receiveWindow: 15_000, unread: 5000 });
  });

  it("noDelay, set while a small piece waits for an acknowledgment, sends it", async () => {
    const simulation = new Simulation({ seed: 4, delay: 50 });
    const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
    const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
    const listener = a.tcp.listen({ port: 7 });
    const flow = await simulation.run(b.tcp.connect({ address: "10.0.0.1", port: 7, noDelay: false }));
    const server = (await simulation.run(listener.accept()))!;
    await simulation.run(flow.write("one"));
    await simulation.pass(1);
    await simulation.run(flow.write("two"));
    await simulation.pass(1);
    flow.setNoDelay(true);
    await simulation.pass(51);
    const arrived = new Uint8Array(10);
    expect(server.readInto(arrived, 0)).toBe(6);
  });

  it("the stack that opened first is the current one", async () => {
    const simulation = new Simulation({ seed: 5 });
    const first = currentStack();
    await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
    expect(currentStack()).toBe(first);
  });
});

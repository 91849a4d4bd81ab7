import { FakeHost, QueueDevice } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { stack } from "../src/index.ts";
import { createArpFields, emitArp } from "../src/wire/arp.ts";
import { emitEthernet } from "../src/wire/ethernet.ts";

const OWN = 0x0a000001;

async function open(logLevel: number) {
  const device = new QueueDevice();
  const host = new FakeHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" }, logLevel, netDevices: [device] });
  const { tcp } = await stack().open(host);
  const poll = async () => {
    for (let turn = 0; turn < 20; turn++) {
      for (const machine of host.machines) machine.poll(turn);
      await Promise.resolve();
    }
  };
  await poll();
  return { device, host, tcp, poll };
}

describe("what the stack logs", () => {
  /** A connection to ourselves, reset. */
  async function connectAndAbort(logLevel: number) {
    const { host, tcp, poll } = await open(logLevel);
    const listener = tcp.listen({ port: 7 });
    const connecting = tcp.connect({ address: "10.0.0.1", port: 7 });
    await poll();
    (await connecting).abort();
    await poll();
    listener.close();
    return host.logged;
  }

  it("of connections: their ends, at debug", async () => {
    const logged = await connectAndAbort(0);
    const fields = expect.objectContaining({ local: "10.0.0.1", remote: "10.0.0.1", remotePort: 7 });
    expect(logged).toContainEqual({ source: "net.tcp", level: "debug", message: "opened", fields });
    expect(logged).toContainEqual({ source: "net.tcp", level: "debug", message: "ECONNABORTED", fields });
  });

  it("of connections: nothing above debug", async () => {
    expect(await connectAndAbort(1)).toEqual([]);
  });

  it("of a machine that has our address: its MAC, as a warning", async () => {
    const { device, host, poll } = await open(1);
    const frame = new Uint8Array(60);
    emitEthernet(frame, 0, {
      destinationHigh: 0xffff,
      destinationLow: -1,
      sourceHigh: 0x200,
      sourceLow: 9,
      type: 0x806,
    });
    const fields = { ...createArpFields(), operation: 2 as const, senderHigh: 0x200, senderLow: 9, senderAddress: OWN };
    emitArp(frame, 14, { ...fields, targetAddress: OWN });
    device.deliver(frame);
    await poll();
    expect(host.logged).toEqual([
      {
        source: "net.arp",
        level: "warn",
        message: "another machine uses our address",
        fields: { address: "10.0.0.1", mac: "02:00:00:00:00:09", verdict: "defend" },
      },
    ]);
  });
});

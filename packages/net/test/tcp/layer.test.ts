import { byteHelpers, checkCode, FakeHost, QueueDevice } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { stack } from "../../src/index.ts";
import { SYN } from "../../src/wire/tcp.ts";

const OURS = 0x0a000001;
const PEER = 0x0a000002;

/** A SYN for port 7 in an Ethernet frame. */
function syn(mac: number[], source: number, destination: number): Uint8Array {
  const frame = new Uint8Array(54);
  const view = new DataView(frame.buffer);
  frame.set(mac);
  frame.set([2, 0, 0, 0, 0, 9], 6);
  view.setUint16(12, 0x800);
  view.setUint32(14, 0x4500_0028);
  view.setUint16(22, 0x4006);
  view.setInt32(26, source);
  view.setInt32(30, destination);
  view.setUint16(24, ~byteHelpers.checksum(frame, 14, 20, 0));
  view.setUint16(34, 4000);
  view.setUint16(36, 7);
  view.setUint32(38, 1000);
  view.setUint16(46, 0x5000 | SYN);
  view.setUint16(48, 1000);
  view.setUint16(50, ~byteHelpers.checksum(frame, 26, 28, 6 + 20));
  return frame;
}

async function listening() {
  const device = new QueueDevice();
  const host = new FakeHost({ netDevices: [device], parameters: { ipv4: "10.0.0.1/24" } });
  const opened = await stack().open(host);
  opened.tcp.listen({ port: 7 });
  const poll = () => {
    for (const machine of host.machines) machine.poll(10);
  };
  return { device, opened, poll };
}

describe("addresses of connections", () => {
  it("a SYN to a broadcast or multicast address makes no connection and no answer", async () => {
    const { device, opened, poll } = await listening();
    const mac = [...device.mac];
    device.deliver(syn([255, 255, 255, 255, 255, 255], PEER, 0x0a0000ff));
    device.deliver(syn(mac, PEER, 0x0a0000ff));
    device.deliver(syn(mac, PEER, -1));
    device.deliver(syn([1, 0, 0x5e, 0, 0, 1], PEER, 0xe0000001 | 0));
    poll();
    expect(opened.usage.connections).toBe(0);
    expect(opened.counters.tcp.sent).toBe(0);
    device.deliver(syn(mac, PEER, OURS));
    poll();
    expect(opened.usage.connections).toBe(1);
  });
  it("a SYN from an address that no host may have is ignored", async () => {
    const { device, opened, poll } = await listening();
    for (const source of [-1, 0x0a0000ff, 0xe0000001 | 0, 0x7f000001, 0, OURS]) {
      device.deliver(syn([...device.mac], source, OURS));
    }
    poll();
    expect(opened.usage.connections).toBe(0);
  });
  it("connecting to a broadcast or multicast address is an error, at once", async () => {
    const { opened } = await listening();
    for (const address of ["10.0.0.255", "255.255.255.255", "224.0.0.1"]) {
      await checkCode("ENETUNREACH", () => opened.tcp.connect({ address, port: 7 }));
    }
  });
});

import { byteHelpers, FakeHost, QueueDevice } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { stack } from "../../src/index.ts";
import { ACK, createTcpSegment, FIN, parseTcp, SYN, type TcpSegment } from "../../src/wire/tcp.ts";
import { TIMESTAMPS_HEADER } from "../../src/wire/tcp-options.ts";

const OURS = 0x0a000001;
const PEER = 0x0a000002;

/** A server of timestamps whose connection with `PEER` is in TIME-WAIT: it closed first. */
async function timeWait(timestamps: boolean) {
  const device = new QueueDevice();
  const sent: Uint8Array[] = [];
  device.onSend = (frame) => void sent.push(frame);
  const host = new FakeHost({ netDevices: [device], parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } });
  const opened = await stack().open(host);
  const listener = opened.tcp.listen({ port: 7, timestamps });
  // Who asks for our address is known from then on.
  const arp = [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1];
  device.deliver(Uint8Array.from([...device.mac, 2, 0, 0, 0, 0, 9, 8, 6, ...arp]));
  let now = 10;

  /** Delivers a segment and returns what is answered. */
  function say(flags: number, seq: number, ack: number, stamp: number): TcpSegment | undefined {
    const length = timestamps ? 32 : 20;
    const frame = new Uint8Array(34 + length);
    const view = new DataView(frame.buffer);
    frame.set(device.mac);
    frame.set([2, 0, 0, 0, 0, 9], 6);
    view.setUint16(12, 0x800);
    view.setUint32(14, 0x4500_0000 + 20 + length);
    view.setUint16(22, 0x4006);
    view.setInt32(26, PEER);
    view.setInt32(30, OURS);
    view.setUint16(24, ~byteHelpers.checksum(frame, 14, 20, 0));
    view.setUint16(34, 4000);
    view.setUint16(36, 7);
    view.setInt32(38, seq);
    view.setInt32(42, ack);
    view.setUint16(46, (length << 10) | flags);
    view.setUint16(48, 1000);
    if (timestamps) {
      view.setInt32(54, TIMESTAMPS_HEADER);
      view.setInt32(58, stamp);
    }
    view.setUint16(50, ~byteHelpers.checksum(frame, 26, 8 + length, 6 + length));
    device.deliver(frame);
    return poll();
  }
  function poll(): TcpSegment | undefined {
    sent.length = 0;
    now += 10;
    for (let turn = 0; turn < 3; turn++) for (const machine of host.machines) machine.poll(now);
    const answer = sent.find((frame) => frame[23] === 6);
    const segment = createTcpSegment();
    return answer !== undefined && parseTcp(answer, 34, answer.length - 34, segment) ? segment : undefined;
  }

  const synAck = say(SYN, 100_000, 0, 5_000)!;
  const iss = synAck.seq;
  say(ACK, 100_001, iss + 1, 5_010);
  const flow = (await listener.accept())!;
  const closed = flow.close();
  await Promise.resolve();
  expect(poll()!.flags & FIN).toBeTruthy();
  expect(say(FIN | ACK, 100_001, iss + 2, 5_020)!.ack).toBe(100_002);
  await closed;
  expect(opened.usage.connections).toBe(1);
  return { say, opened, end: iss + 2 };
}

describe("a SYN for a connection in TIME-WAIT (RFC 6191)", () => {
  it("a SYN with a newer timestamp begins a new connection, whatever its number", async () => {
    const { say, end } = await timeWait(true);
    const answer = say(SYN, 50_000, 0, 5_021)!;
    expect(answer.flags).toBe(SYN | ACK);
    expect(answer.ack).toBe(50_001);
    expect((answer.seq - end) | 0).toBeGreaterThan(0);
  });
  it("one with an older timestamp does not, whatever its number", async () => {
    const { say } = await timeWait(true);
    const answer = say(SYN, 200_000, 0, 4_000)!;
    expect(answer.flags).toBe(ACK);
    expect(answer.ack).toBe(100_002);
  });
  it("with the same timestamp, or without any, the number tells", async () => {
    const same = await timeWait(true);
    expect(same.say(SYN, 100_000, 0, 5_020)!.flags).toBe(ACK);
    expect(same.say(SYN, 200_000, 0, 5_020)!.flags).toBe(SYN | ACK);
    const without = await timeWait(false);
    expect(without.say(SYN, 100_000, 0, 0)!.flags).toBe(ACK);
    expect(without.say(SYN, 200_000, 0, 0)!.flags).toBe(SYN | ACK);
  });
});

import type { NetDevice } from "@soloist/interface";
import { type Case, check, checkBytes, checkEqual, pattern } from "./suite.ts";

/** A device under test and what is at the other end of its cable. */
export interface NetDevicePair {
  readonly device: NetDevice;
  /** Puts a frame on the cable towards the device. */
  deliver(frame: Uint8Array): void;
  /** Frames that the device has sent, oldest first; empties the list. */
  sent(): Uint8Array[];
}

/** The contract of NetDevice. */
export function netDeviceSuite(withPair: (use: (pair: NetDevicePair) => Promise<void>) => Promise<void>): Case[] {
  const test = (name: string, use: (pair: NetDevicePair) => Promise<void>): Case => ({
    name,
    run: () => withPair(use),
  });
  return [
    test("it has a unicast MAC of six bytes and an MTU", async ({ device }) => {
      checkEqual(device.mac.length, 6, "length of the MAC");
      check((device.mac[0]! & 1) === 0, "the MAC is no group address");
      check(device.mtu >= 576, "the MTU is at least 576");
    }),
    test("read gives 0 when nothing has arrived", async ({ device }) => {
      checkEqual(device.read(), 0, "read");
    }),
    test("frames arrive whole and in order", async ({ device, deliver }) => {
      for (const length of [60, 61, 1000, device.mtu + 14]) deliver(pattern(length, length));
      for (const length of [60, 61, 1000, device.mtu + 14]) {
        checkEqual(device.read(), length, "length of the frame");
        const at = device.rxOffset;
        checkBytes(device.rxBuffer.slice(at, at + length), pattern(length, length), `frame of ${length} bytes`);
      }
      checkEqual(device.read(), 0, "read behind the last");
    }),
    test("frames leave whole and in order", async ({ device, sent }) => {
      const lengths = [60, 61, 1000, device.mtu + 14];
      for (const length of lengths) {
        const at = device.reserve();
        check(at >= 0, "there is a place to send from");
        check(at + device.mtu + 14 <= device.txBuffer.length, "a frame of the MTU fits there");
        device.txBuffer.set(pattern(length, length), at);
        device.send(length);
      }
      const frames = sent();
      checkEqual(frames.length, lengths.length, "frames sent");
      for (let index = 0; index < lengths.length; index++) {
        checkBytes(frames[index]!, pattern(lengths[index]!, lengths[index]), "frame");
      }
    }),
    test("reserving again without sending gives the same place", async ({ device }) => {
      checkEqual(device.reserve(), device.reserve(), "place");
    }),
    test("it counts", async ({ device, deliver }) => {
      const { received, receivedBytes, sent: count, sentBytes } = device.counters;
      deliver(pattern(100));
      device.read();
      device.reserve();
      device.send(80);
      checkEqual(device.counters.received - received, 1, "received");
      checkEqual(device.counters.receivedBytes - receivedBytes, 100, "receivedBytes");
      checkEqual(device.counters.sent - count, 1, "sent");
      checkEqual(device.counters.sentBytes - sentBytes, 80, "sentBytes");
    }),
  ];
}

import { byteHelpers, FakeClock, FakeHost, QueueDevice } from "@soloist/testing";
import { type Stack, type StackOptions, stack } from "../../src/index.ts";
import { emitEthernet } from "../../src/wire/ethernet.ts";
import { emitIpv6Header } from "../../src/wire/ipv6.ts";
import { parseIpv6 } from "../../src/wire/ipv6-address.ts";

export const OURS = "2001:db8::1";
export const PEER = "2001:db8::2";
export const ROUTER = "fe80::99";

/** A stack whose IPv6 address is in use, on a device of its own, with time by hand. */
export async function alone(parameters: Record<string, string> = {}, options: StackOptions = {}) {
  const device = new QueueDevice();
  const sent: Uint8Array[] = [];
  device.onSend = (frame) => void sent.push(frame);
  const clock = new FakeClock();
  const host = new FakeHost({
    clock,
    netDevices: [device],
    parameters: { ipv4: "10.0.0.1/24", ipv6: `${OURS}/64`, ...parameters },
  });
  const opened = (await stack(options).open(host)) as Stack;
  /** Runs the stack to `now` and returns what it sent of IPv6. */
  const poll = (now = clock.now): Packet[] => {
    clock.now = now;
    for (let again = 0; again < 4; again++) for (const machine of host.machines) machine.poll(now);
    return sent.splice(0).flatMap((frame) => (frame[12] === 0x86 ? [packetOf(frame)] : []));
  };
  const deliver = (...frames: readonly Uint8Array[]): Packet[] => {
    for (const frame of frames) device.deliver(frame);
    return poll();
  };
  for (let now = 0; now <= 2000; now += 250) poll(now);
  return { stack: opened, device, poll, deliver, clock, host };
}

/** What was sent, taken apart by hand. */
export interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  readonly next: number;
  readonly mac: string;
  /** Behind the IPv6 header. */
  readonly payload: Uint8Array;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** 32 digits of an address. */
export const digits = (text: string): string => hex(parseIpv6(text)!);

function packetOf(frame: Uint8Array): Packet {
  return {
    mac: hex(frame.subarray(0, 6)),
    next: frame[20]!,
    hopLimit: frame[21]!,
    source: hex(frame.subarray(22, 38)),
    destination: hex(frame.subarray(38, 54)),
    payload: frame.slice(54),
  };
}

export interface FrameOptions {
  readonly from?: string;
  readonly to?: string;
  readonly hopLimit?: number;
  readonly mac?: readonly [number, number];
}

/** A frame with an IPv6 packet for the stack: header, then `payload` as it is. */
export function frame(next: number, payload: Uint8Array, options: FrameOptions = {}): Uint8Array {
  const { from = PEER, to = OURS, hopLimit = 64 } = options;
  const destination = parseIpv6(to)!;
  const bytes = new Uint8Array(54 + payload.length);
  const group = destination[0] === 0xff;
  const [destinationHigh, destinationLow] = options.mac ?? [
    group ? 0x3333 : 0x200,
    group ? new DataView(destination.buffer).getInt32(12) : 1,
  ];
  emitEthernet(bytes, 0, { destinationHigh, destinationLow, sourceHigh: 0x200, sourceLow: 2, type: 0x86dd });
  emitIpv6Header(bytes, 14, {
    trafficClass: 0,
    flowLabel: 0,
    payloadLength: payload.length,
    nextHeader: next,
    hopLimit,
  });
  bytes.set(parseIpv6(from)!, 22);
  bytes.set(destination, 38);
  bytes.set(payload, 54);
  return bytes;
}

/** Puts the checksum of a transport at `at` of the message. */
export function summed(protocol: number, message: Uint8Array, at: number, options: FrameOptions = {}): Uint8Array {
  const { from = PEER, to = OURS } = options;
  const pseudo = new Uint8Array(32);
  pseudo.set(parseIpv6(from)!);
  pseudo.set(parseIpv6(to)!, 16);
  message[at] = 0;
  message[at + 1] = 0;
  const initial = byteHelpers.checksum(pseudo, 0, 32, protocol + message.length);
  const sum = ~byteHelpers.checksum(message, 0, message.length, initial) & 0xffff;
  message[at] = sum >> 8;
  message[at + 1] = sum;
  return message;
}

/** A frame with an ICMPv6 message: type, code, then the rest. */
export function icmp(type: number, code: number, rest: readonly number[], options: FrameOptions = {}): Uint8Array {
  return frame(58, summed(58, new Uint8Array([type, code, 0, 0, ...rest]), 2, options), options);
}

/** A UDP datagram's bytes. */
export function udp(port: number, data: readonly number[], options: FrameOptions = {}): Uint8Array {
  const length = 8 + data.length;
  const header = [0x10, 0, port >> 8, port & 255, length >> 8, length & 255, 0, 0];
  return summed(17, new Uint8Array([...header, ...data]), 6, options);
}

export const bytesOf = (text: string): number[] => [...parseIpv6(text)!];
/** Both ends of Neighbor Discovery's link-layer address option. */
export const link = (type: number): number[] => [type, 1, 2, 0, 0, 0, 0, 2];

import type { Clock, Device, NetDevice } from "@soloist/interface";
import { tapped, wrapDevice } from "./tap.ts";

/** draft-ietf-opsawg-pcap, little endian, times in nanoseconds. */
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINK_ETHERNET = 1;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const SNAP_LENGTH = 65_535;

export interface CaptureOptions {
  /** Bytes of each frame that are kept; default: all. */
  readonly snapLength?: number;
  /** Which frames are kept: whoever sends the capture over the same device leaves that out. Default: all. */
  readonly filter?: (frame: Uint8Array, sent: boolean) => boolean;
}

/**
 * A network device whose frames are written as a pcap file, which tcpdump and Wireshark read: `write` gets its head at once, then
 * a record for each frame, in order; each is a new array.
 *
 * @example
 * const file: Uint8Array[] = [];
 * run([stack({ device: capture(net("service"), (piece) => file.push(piece)) })], async ({ tcp }) => …);
 */
export function capture(
  device: Device<NetDevice>,
  write: (piece: Uint8Array) => void,
  options: CaptureOptions = {},
): Device<NetDevice> {
  return wrapDevice(device, [], (inner, host) => captured(inner, host.clock, write, options));
}

/** {@link capture} for a device that is open. */
export function captured(
  device: NetDevice,
  clock: Clock,
  write: (piece: Uint8Array) => void,
  options: CaptureOptions = {},
): NetDevice {
  const { snapLength = SNAP_LENGTH, filter } = options;
  write(pcapHeader(snapLength));
  return tapped(device, (bytes, at, length, sent) => {
    const frame = bytes.subarray(at, at + length);
    if (filter === undefined || filter(frame, sent)) write(pcapRecord(clock.wall(), frame, snapLength));
  });
}

/** The 24 bytes that open a pcap file. */
export function pcapHeader(snapLength: number = SNAP_LENGTH): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC_NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, snapLength, true);
  view.setUint32(20, LINK_ETHERNET, true);
  return bytes;
}

/** A frame with its header, as it stands in a pcap file. `time` is in milliseconds since the epoch. */
export function pcapRecord(time: number, frame: Uint8Array, snapLength: number = SNAP_LENGTH): Uint8Array {
  const kept = Math.min(frame.length, snapLength);
  const bytes = new Uint8Array(RECORD_HEADER + kept);
  const view = new DataView(bytes.buffer);
  const seconds = Math.floor(time / 1000);
  view.setUint32(0, seconds, true);
  view.setUint32(4, Math.floor((time - seconds * 1000) * 1e6), true);
  view.setUint32(8, kept, true);
  view.setUint32(12, frame.length, true);
  bytes.set(kept < frame.length ? frame.subarray(0, kept) : frame, RECORD_HEADER);
  return bytes;
}

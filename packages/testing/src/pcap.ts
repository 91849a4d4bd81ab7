import type { Clock, NetDevice } from "@soloist/interface";

/** pcap with nanoseconds: draft-ietf-opsawg-pcap. Little endian. */
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINK_ETHERNET = 1;
const SNAP_LENGTH = 65_535;

/** The 24 bytes that open a file. */
export function pcapHeader(): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC_NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAP_LENGTH, true);
  view.setUint32(20, LINK_ETHERNET, true);
  return bytes;
}

/** One packet with its header; `time` in milliseconds since the epoch. */
export function pcapRecord(time: number, frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + frame.length);
  const view = new DataView(bytes.buffer);
  const seconds = Math.floor(time / 1000);
  view.setUint32(0, seconds, true);
  view.setUint32(4, Math.floor((time - seconds * 1000) * 1e6), true);
  view.setUint32(8, frame.length, true);
  view.setUint32(12, frame.length, true);
  bytes.set(frame, 16);
  return bytes;
}

/** Wraps a device: everything that it receives and sends is written as a pcap file, piece by piece. */
export function pcap(device: NetDevice, clock: Clock, write: (chunk: Uint8Array) => void): NetDevice {
  write(pcapHeader());
  let reserved = -1;
  return {
    name: device.name,
    mac: device.mac,
    mtu: device.mtu,
    counters: device.counters,
    rxBuffer: device.rxBuffer,
    get rxOffset() {
      return device.rxOffset;
    },
    read() {
      const length = device.read();
      if (length > 0) {
        const at = device.rxOffset;
        write(pcapRecord(clock.wall(), device.rxBuffer.subarray(at, at + length)));
      }
      return length;
    },
    txBuffer: device.txBuffer,
    reserve() {
      reserved = device.reserve();
      return reserved;
    },
    send(length) {
      if (reserved >= 0) write(pcapRecord(clock.wall(), device.txBuffer.subarray(reserved, reserved + length)));
      reserved = -1;
      device.send(length);
    },
  };
}

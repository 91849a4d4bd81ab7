import type { ByteHelpers, NetDevice } from "@soloist/interface";

/** `offload` of `NetDevice.send`: TCP that begins at `start` of the frame; cut into segments by {@link SEGMENT_SHIFT}. */
export const tcpOffload = (start: number): number => start | (16 << 8);
/** How far left the bytes of data in each segment stand. */
export const SEGMENT_SHIFT = 16;
/** Those segments are over IPv6. */
export const SEGMENTS_IPV6: number = 1 << 30;

/**
 * `bytes` with a `checksum` that finds good what `device` has just received and vouches for: where the sender was on the same
 * machine, the field holds no checksum at all. For sums over TCP and UDP; what was put together of fragments lies elsewhere.
 */
export function trusting(device: NetDevice, bytes: ByteHelpers): ByteHelpers {
  if (device.offloads === undefined) return bytes;
  const { checksum } = bytes;
  const { rxBuffer } = device;
  return {
    ...bytes,
    checksum: (from, at, length, initial) =>
      from === rxBuffer && device.rxChecked ? 0xffff : checksum(from, at, length, initial),
  };
}

/** Frames since the device was opened. */
export interface NetCounters {
  /** Frames and bytes that `read()` returned. */
  received: number;
  receivedBytes: number;
  /** Frames and bytes that `send()` accepted. */
  sent: number;
  sentBytes: number;
  /** Frames that the device or its driver threw away: too long for a slot, or the ring was full. */
  dropped: number;
}

/**
 * A network interface that moves one Ethernet frame at a time, without copies: frames live in two buffers that the device
 * and JavaScript share.
 *
 * @example Echo every frame back:
 * for (let length = device.read(); length > 0; length = device.read()) {
 *   const at = device.reserve();
 *   if (at < 0) break;
 *   device.txBuffer.set(device.rxBuffer.subarray(device.rxOffset, device.rxOffset + length), at);
 *   device.send(length);
 * }
 */
export interface NetDevice {
  readonly name: string;
  /** Six bytes. */
  readonly mac: Uint8Array;
  /** Largest payload of a frame, without the 14 bytes of the Ethernet header. */
  readonly mtu: number;
  readonly counters: Readonly<NetCounters>;

  /** Where received frames are. Never write to it. */
  readonly rxBuffer: Uint8Array;
  /** Offset in `rxBuffer` of the frame that the last `read()` returned. */
  readonly rxOffset: number;
  /** Takes the next frame and returns its length in bytes, 0 when there is none. The frame stays valid until the next `read()`. */
  read(): number;

  /** Where frames to send are built. */
  readonly txBuffer: Uint8Array;
  /** Offset in `txBuffer` of a free place for a frame of `mtu + 14` bytes; -1 while all are on their way. */
  reserve(): number;
  /** Sends the frame of `length` bytes at the place that the last `reserve()` returned. */
  send(length: number): void;
}

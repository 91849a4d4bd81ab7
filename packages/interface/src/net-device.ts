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

/** What a device does in the place of whoever sends through it. */
export interface NetOffloads {
  /** It fills in the checksums of TCP and UDP where `send` says so. */
  readonly checksum: boolean;
  /** Longest frame with TCP over IPv4 that it cuts into segments, in bytes; 0: none that is longer than the MTU allows. */
  readonly segments4: number;
  /** The same over IPv6. */
  readonly segments6: number;
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
  /**
   * Only of a device that was asked for them (`Host.netDevice`) and has some. Received frames may then be longer than the MTU
   * allows, several segments of a connection made into one, and `rxChecked` has a meaning.
   */
  readonly offloads?: NetOffloads;

  /** Where received frames are. Never write to it. */
  readonly rxBuffer: Uint8Array;
  /** Offset in `rxBuffer` of the frame that the last `read()` returned. */
  readonly rxOffset: number;
  /** Takes the next frame and returns its length in bytes, 0 when there is none. The frame stays valid until the next `read()`. */
  read(): number;
  /** Whether the device vouches for the checksum of TCP or UDP in that frame, whatever its field holds. */
  readonly rxChecked?: boolean;

  /** Where frames to send are built. */
  readonly txBuffer: Uint8Array;
  /** Offset in `txBuffer` of a free place for a frame of `length` bytes, by default `mtu + 14`; -1 while all are on their way. */
  reserve(length?: number): number;
  /**
   * Sends the frame of `length` bytes at the place that the last `reserve()` returned. `offload` is what the device has to do with
   * it, in one number: none for every frame. 0: nothing. Bits 0 to 7: where TCP or UDP begins; bits 8 to 15: where its checksum
   * is, counted from there, which holds the sum of the pseudo-header, folded to 16 bits and not complemented. Bits 16 to 29: bytes of
   * data in each segment that it is to be cut into, 0 where it is one; bit 30: those are over IPv6. Length and checksum fields of
   * a frame to be cut are those of the whole.
   */
  send(length: number, offload?: number): void;
}

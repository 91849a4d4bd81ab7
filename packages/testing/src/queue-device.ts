import type { NetCounters, NetDevice } from "@soloist/interface";

const SLOT = 2048;

export interface QueueDeviceOptions {
  readonly name?: string;
  readonly mac?: Uint8Array;
  readonly mtu?: number;
  /** Frames that wait to be read; more are dropped. */
  readonly rxQueue?: number;
}

/** A network device in memory: `deliver` puts a frame into its receive queue, `onSend` gets what it sends. */
export class QueueDevice implements NetDevice {
  readonly name: string;
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly counters: NetCounters = { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0, dropped: 0 };
  readonly rxBuffer = new Uint8Array(SLOT * 4);
  rxOffset = 0;
  readonly txBuffer = new Uint8Array(SLOT * 2).fill(0xa5);
  /** Gets a copy of every frame sent. */
  onSend: (frame: Uint8Array) => void = () => {};
  /** Frames that may be sent before `reserve` says that all places are taken. */
  txRoom = Number.POSITIVE_INFINITY;
  readonly #queue: Uint8Array[] = [];
  readonly #limit: number;
  #reads = 0;
  #reserved = -1;

  constructor(options: QueueDeviceOptions = {}) {
    this.name = options.name ?? "service";
    this.mac = options.mac ?? new Uint8Array([2, 0, 0, 0, 0, 1]);
    this.mtu = options.mtu ?? 1500;
    this.#limit = options.rxQueue ?? 1024;
  }

  /** Frames waiting to be read. */
  get waiting(): number {
    return this.#queue.length;
  }

  deliver(frame: Uint8Array): void {
    if (this.#queue.length >= this.#limit || frame.length > this.mtu + 14) this.counters.dropped++;
    else this.#queue.push(frame);
  }

  read(): number {
    // What was read before is gone, as it is when a device reuses the slot.
    this.rxBuffer.fill(0xee, this.rxOffset, this.rxOffset + 64);
    const frame = this.#queue.shift();
    if (frame === undefined) return 0;
    // Frames may start anywhere in a slot, at odd places too.
    this.rxOffset = (this.#reads % 2) * SLOT + ((this.#reads * 5) % 23);
    this.#reads++;
    this.rxBuffer.set(frame, this.rxOffset);
    this.counters.received++;
    this.counters.receivedBytes += frame.length;
    return frame.length;
  }

  reserve(): number {
    if (this.txRoom <= 0) return -1;
    if (this.#reserved < 0) this.#reserved = (this.counters.sent % 2) * SLOT + 3;
    return this.#reserved;
  }

  send(length: number): void {
    if (this.#reserved < 0) throw new Error("send() without a place that reserve() returned");
    if (length > this.mtu + 14)
      throw new Error(`a frame of ${length} bytes is longer than the MTU of ${this.mtu} allows`);
    const frame = this.txBuffer.slice(this.#reserved, this.#reserved + length);
    this.txBuffer.fill(0xa5, this.#reserved, this.#reserved + length);
    this.#reserved = -1;
    this.txRoom--;
    this.counters.sent++;
    this.counters.sentBytes += length;
    this.onSend(frame);
  }
}

/** Two devices, each of which receives what the other sends, at once and in order. */
export function pipe(options: QueueDeviceOptions = {}): [QueueDevice, QueueDevice] {
  const a = new QueueDevice({ ...options, mac: new Uint8Array([2, 0, 0, 0, 0, 1]) });
  const b = new QueueDevice({ ...options, mac: new Uint8Array([2, 0, 0, 0, 0, 2]) });
  a.onSend = (frame) => b.deliver(frame);
  b.onSend = (frame) => a.deliver(frame);
  return [a, b];
}

/** A device that receives what it sends. */
export function loopback(options: QueueDeviceOptions = {}): QueueDevice {
  const device = new QueueDevice(options);
  device.onSend = (frame) => device.deliver(frame);
  return device;
}

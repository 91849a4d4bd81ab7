import type { Device, NetCounters, NetDevice } from "@soloist/interface";
import { SoloistError } from "@soloist/interface";
import { externalEvent } from "./external-events.ts";
import { turnTime } from "./loop.ts";
import { netAcquire, netRead, netReserve, netSend } from "./platform.ts";

const SLOT_SIZE = 2048;
/** As many as a virtio queue of QEMU holds. */
const RX_SLOTS = 256;
const TX_SLOTS = 256;
const STATE_LENGTH = 16;
/** What a device can do: bits of `state[10]`, as binding.h of the kernel has them. */
const OFFLOAD_CHECKSUM = 1;
const OFFLOAD_SEGMENTS4 = 4;
const OFFLOAD_SEGMENTS6 = 8;
/** Ethernet header and the longest IPv4 packet. */
const LARGE_FRAME = 65_549;

interface PlainDevice extends NetDevice {
  rxOffset: number;
  rxChecked?: boolean;
}

interface NetMemory {
  /** The image says that the device is opened with them: the host may have turned them on already. */
  readonly offloads: boolean;
  readonly rx: Uint8Array;
  readonly tx: Uint8Array;
  readonly state: Int32Array;
}

const memories = new Map<string, NetMemory>();

/**
 * Sets a device's buffers aside while the app is evaluated at build time: pages of zeros cost neither room in the heap
 * snapshot nor time at boot, whereas allocating at boot clears a megabyte.
 */
export function allocateNetMemory(name: string, offloads = false): void {
  memories.set(name, {
    offloads,
    rx: new Uint8Array(RX_SLOTS * SLOT_SIZE),
    tx: new Uint8Array(TX_SLOTS * SLOT_SIZE),
    state: new Int32Array(STATE_LENGTH),
  });
}

/** Takes the device of the manifest called `name`. Throws `ENODEV` when the host attached none. */
export function openNetDevice(name: string, offloads = false): NetDevice {
  const memory = memories.get(name);
  if (memory === undefined) throw new SoloistError("ENODEV", `network device "${name}" was not declared`);
  if (memory.offloads && !offloads) {
    throw new SoloistError("EINVAL", `network device "${name}" was declared with offloads, and opened without`);
  }
  const { rx, tx, state } = memory;
  const handle = netAcquire(name, rx, tx, state, offloads);
  if (handle < 0) throw new SoloistError("ENODEV", `the host attached no network device "${name}"`);

  // Variables of a closure rather than fields: the engine reads and adds to them three times as fast, and read() and
  // send() run for every frame.
  let received = 0;
  let receivedBytes = 0;
  let sent = 0;
  let sentBytes = 0;
  let reserved = -1;
  let isEmpty = true;

  const counters: NetCounters = {
    get received() {
      return received;
    },
    get receivedBytes() {
      return receivedBytes;
    },
    get sent() {
      return sent;
    },
    get sentBytes() {
      return sentBytes;
    },
    get dropped() {
      return state[1]! + state[2]!;
    },
  };
  const device: PlainDevice = {
    name,
    mac: Uint8Array.from(state.subarray(4, 10)),
    mtu: state[3]!,
    counters,
    rxBuffer: rx,
    rxOffset: 0,
    read(): number {
      const length = netRead(handle);
      if (length === 0) {
        isEmpty = true;
        return 0;
      }
      received++;
      receivedBytes += length;
      device.rxOffset = state[0]!;
      if (isEmpty) {
        isEmpty = false;
        externalEvent(turnTime());
      }
      return length;
    },
    txBuffer: tx,
    reserve(): number {
      reserved = netReserve(handle);
      return reserved;
    },
    send(length: number): void {
      if (reserved < 0) throw new SoloistError("EINVAL", "send() without a place that reserve() returned");
      sent++;
      sentBytes += length;
      netSend(handle, reserved, length);
      reserved = -1;
    },
  };
  const bits = state[10]!;
  if (bits === 0) return device;
  // Written out a second time: a call of the first from the second would cost each frame 0.1 us, and so would one device for both.
  const whole = state[3]! + 14;
  return Object.assign(device, {
    offloads: {
      checksum: (bits & OFFLOAD_CHECKSUM) !== 0,
      segments4: (bits & OFFLOAD_SEGMENTS4) !== 0 ? LARGE_FRAME : 0,
      segments6: (bits & OFFLOAD_SEGMENTS6) !== 0 ? LARGE_FRAME : 0,
    },
    rxChecked: false,
    read(): number {
      const length = netRead(handle);
      if (length === 0) {
        isEmpty = true;
        return 0;
      }
      received++;
      receivedBytes += length;
      device.rxOffset = state[0]!;
      device.rxChecked = state[11] !== 0;
      if (isEmpty) {
        isEmpty = false;
        externalEvent(turnTime());
      }
      return length;
    },
    reserve(length = whole): number {
      reserved = netReserve(handle, length);
      return reserved;
    },
    send(length: number, offload = 0): void {
      if (reserved < 0) throw new SoloistError("EINVAL", "send() without a place that reserve() returned");
      sent++;
      sentBytes += length;
      netSend(handle, reserved, length, offload);
      reserved = -1;
    },
  });
}

/**
 * A raw network device: main gets whole Ethernet frames. `name` is 1 to 67 letters and digits; the host attaches a device
 * by it, as in `--net:service=tap0`.
 *
 * @example
 * run([net("service")], async (device) => { … device.read() … });
 */
export function net(name: string): Device<NetDevice> {
  return {
    manifest: [{ name, type: "net" }],
    parameters: [],
    open: (host) => host.netDevice(name),
  };
}

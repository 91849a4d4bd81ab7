import type { Device, Host, NetDevice, Parameter } from "@soloist/interface";

/** Hears of a frame while it is where the device has it: from `at` on, `length` bytes. `sent`: by us. */
export type FrameListener = (bytes: Uint8Array, at: number, length: number, sent: boolean) => void;

/** A device whose frames somebody hears of. */
export function tapped(device: NetDevice, hear: FrameListener): NetDevice {
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
      if (length > 0) hear(device.rxBuffer, device.rxOffset, length, false);
      return length;
    },
    txBuffer: device.txBuffer,
    reserve() {
      reserved = device.reserve();
      return reserved;
    },
    send(length) {
      if (reserved >= 0) hear(device.txBuffer, reserved, length, true);
      reserved = -1;
      device.send(length);
    },
  };
}

/** What is given to `run` or `stack` in place of `inner`. */
export function wrapDevice(
  inner: Device<NetDevice>,
  parameters: readonly Parameter[],
  wrap: (device: NetDevice, host: Host) => NetDevice,
): Device<NetDevice> {
  return {
    manifest: inner.manifest,
    parameters: [...inner.parameters, ...parameters],
    open: async (host) => wrap(await inner.open(host), host),
  };
}

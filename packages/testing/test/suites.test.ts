import type { NetDevice } from "@soloist/interface";
import { describe, it } from "vitest";
import { blockDeviceSuite, faulty, memoryBlockDevice, netDeviceSuite, offloading, QueueDevice } from "../src/index.ts";

describe("memory block device", () => {
  for (const { name, run } of blockDeviceSuite((use) => use(memoryBlockDevice()))) it(name, run);
});

const wrappers: Record<string, (device: NetDevice) => NetDevice> = {
  "queue device": (device) => device,
  "fault injector without faults": (device) => faulty(device, 1, {}),
  "device that does all": (device) => offloading(device),
};

for (const [title, wrap] of Object.entries(wrappers)) {
  describe(title, () => {
    const suite = netDeviceSuite((use) => {
      const device = new QueueDevice();
      let frames: Uint8Array[] = [];
      device.onSend = (frame) => void frames.push(frame);
      const sent = () => {
        const result = frames;
        frames = [];
        return result;
      };
      return use({ device: wrap(device), deliver: (frame) => device.deliver(frame), sent });
    });
    for (const { name, run } of suite) it(name, run);
  });
}

import type { BlockDevice } from "@soloist/interface";
import { type Case, check, checkBytes, checkCode, pattern } from "./suite.ts";

/** The contract of BlockDevice. The device needs at least 8 blocks, whose content is lost. */
export function blockDeviceSuite(withDevice: (use: (device: BlockDevice) => Promise<void>) => Promise<void>): Case[] {
  const test = (name: string, use: (device: BlockDevice) => Promise<void>): Case => ({
    name,
    run: () => withDevice(use),
  });
  return [
    test("it says how large it is", async (device) => {
      check(device.blockSize >= 512 && device.blockSize % 512 === 0, "blocks are multiples of 512 bytes");
      check(device.blocks >= 8, "there are 8 blocks");
    }),
    test("what was written is read, atomic or scheduled", async (device) => {
      const size = device.blockSize;
      const data = pattern(size * 3, 1);
      device.writeSync(1, data);
      const read = new Uint8Array(size * 3);
      await device.read(1, read);
      checkBytes(read, data, "blocks 1 to 3");
      const other = pattern(size * 2, 2);
      await device.write(2, other);
      device.readSync(2, read.subarray(0, size * 2));
      checkBytes(read.subarray(0, size * 2), other, "blocks 2 and 3");
      device.readSync(1, read.subarray(0, size));
      checkBytes(read.subarray(0, size), data.subarray(0, size), "block 1");
    }),
    test("the last block is there", async (device) => {
      const data = pattern(device.blockSize, 4);
      device.writeSync(device.blocks - 1, data);
      const read = new Uint8Array(device.blockSize);
      device.readSync(device.blocks - 1, read);
      checkBytes(read, data, "last block");
    }),
    test("buffers that are not whole blocks are refused with EINVAL", async (device) => {
      for (const length of [0, 1, device.blockSize - 1, device.blockSize + 1]) {
        await checkCode("EINVAL", () => device.readSync(0, new Uint8Array(length)));
        await checkCode("EINVAL", () => device.writeSync(0, new Uint8Array(length)));
        await checkCode("EINVAL", () => device.read(0, new Uint8Array(length)));
        await checkCode("EINVAL", () => device.write(0, new Uint8Array(length)));
      }
    }),
    test("blocks beyond the capacity are refused with ERANGE", async (device) => {
      const two = new Uint8Array(device.blockSize * 2);
      await checkCode("ERANGE", () => device.readSync(device.blocks - 1, two));
      await checkCode("ERANGE", () => device.writeSync(device.blocks, two));
      await checkCode("ERANGE", () => device.read(-1, two));
      await checkCode("ERANGE", () => device.write(2 ** 40, two));
    }),
    test("scheduled operations let others run between blocks", async (device) => {
      let others = 0;
      let done = false;
      const operation = device.read(0, new Uint8Array(device.blockSize * 8)).then(() => {
        done = true;
      });
      while (!done) {
        await undefined;
        others++;
      }
      await operation;
      check(others >= 8, "another task ran for every block");
    }),
  ];
}

import type { BlockDevice, Host, NetDevice } from "@soloist/interface";
import { describe, expect, test } from "vitest";
import { createMachine, type Machine } from "./machine.ts";

async function withNet(main: (device: NetDevice, machine: Machine) => void | Promise<void>): Promise<Machine> {
  const machine = await createMachine(({ run, net }) => run([net("service")], (device) => main(device, machine)));
  machine.platform.addFakeNet("service");
  await machine.boot();
  expect(machine.fake.console).toBe("");
  return machine;
}

async function withBlock(main: (device: BlockDevice, machine: Machine) => void | Promise<void>): Promise<Machine> {
  const machine = await createMachine(({ run, block }) => run([block("disk")], (device) => main(device, machine)));
  machine.platform.addFakeBlock("disk", 512, 8).data.forEach((_, index, data) => {
    data[index] = index >> 9;
  });
  await machine.boot();
  expect(machine.fake.console).toBe("");
  return machine;
}

describe("network device", () => {
  test("knows its name, address and MTU", () =>
    withNet((device) => {
      expect([device.name, [...device.mac], device.mtu]).toEqual(["service", [2, 0, 0, 0, 0, 1], 1500]);
    }));

  test("a frame is read where the driver put it, without a copy", () =>
    withNet((device, { fake }) => {
      const net = fake.nets.get("service")!;
      net.incoming.push(new Uint8Array(60).fill(7), new Uint8Array(61).fill(8));
      expect(device.rxBuffer).toBe(net.rx);
      expect(device.read()).toBe(60);
      expect([device.rxBuffer[device.rxOffset], device.rxBuffer[device.rxOffset + 59]]).toEqual([7, 7]);
      expect(device.read()).toBe(61);
      expect(device.read()).toBe(0);
    }));

  test("a frame is sent from where it was built", () =>
    withNet((device, { fake }) => {
      const at = device.reserve();
      device.txBuffer.fill(9, at, at + 60);
      device.send(60);
      expect(fake.nets.get("service")!.sent).toEqual([new Uint8Array(60).fill(9)]);
    }));

  test("when all places are on their way, reserve() says so and send() refuses", () =>
    withNet((device, { fake }) => {
      fake.nets.get("service")!.isFull = true;
      expect(device.reserve()).toBe(-1);
      expect(() => device.send(60)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }));

  test("a place is good for one frame", () =>
    withNet((device) => {
      device.reserve();
      device.send(60);
      expect(() => device.send(60)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }));

  test("counts frames and bytes, and what the driver dropped", () =>
    withNet((device, { fake }) => {
      const net = fake.nets.get("service")!;
      net.incoming.push(new Uint8Array(60), new Uint8Array(100));
      while (device.read() > 0);
      device.reserve();
      device.send(70);
      net.state[1] = 2;
      net.state[2] = 3;
      expect({ ...device.counters }).toEqual({ received: 2, receivedBytes: 160, sent: 1, sentBytes: 70, dropped: 5 });
    }));
});

describe("offloads", () => {
  /** A device that can do `bits`, opened with or without. */
  async function withOffloads(
    bits: number,
    offloads: boolean,
    main: (device: NetDevice, machine: Machine) => void,
  ): Promise<void> {
    const machine = await createMachine(({ run }) =>
      run([{ manifest: [{ name: "service", type: "net" }], parameters: [], open: open(offloads) }], (device) =>
        main(device, machine),
      ),
    );
    machine.platform.addFakeNet("service").offloads = bits;
    await machine.boot();
    expect(machine.fake.console).toBe("");
  }
  const open =
    (offloads: boolean) =>
    (host: Host): NetDevice =>
      host.netDevice("service", { offloads });

  test("whoever does not ask gets a plain device", () =>
    withOffloads(31, false, (device) => {
      expect([device.offloads, device.rxChecked]).toEqual([undefined, undefined]);
    }));

  test("a device that does nothing is a plain one", () =>
    withOffloads(0, true, (device) => {
      expect(device.offloads).toBeUndefined();
    }));

  test.each([
    [1, { checksum: true, segments4: 0, segments6: 0 }],
    [2, { checksum: false, segments4: 0, segments6: 0 }],
    [5, { checksum: true, segments4: 65_549, segments6: 0 }],
    [31, { checksum: true, segments4: 65_549, segments6: 65_549 }],
  ])("bits %i are told in words", (bits, told) =>
    withOffloads(bits, true, (device) => {
      expect(device.offloads).toEqual(told);
    }),
  );

  test("a device that was declared with them is opened with them", async () => {
    const manifest = [{ name: "service", type: "net", offloads: true }] as const;
    const machine = await createMachine(({ run }) => run([{ manifest, parameters: [], open: open(false) }], () => {}));
    machine.platform.addFakeNet("service").offloads = 31;
    expect(JSON.parse(machine.fake.handlers!.manifest()).devices).toMatchObject([{ name: "service", offloads: true }]);
    await machine.boot();
    expect(machine.fake.console).toContain("declared with offloads, and opened without");
  });

  test("a frame is sent with what is to be done with it, and counted", () =>
    withOffloads(31, true, (device, { fake }) => {
      device.reserve();
      device.send(60);
      expect(device.reserve(70_000)).toBe(-1);
      expect(() => device.send(60)).toThrow(expect.objectContaining({ code: "EINVAL" }));
      device.reserve(40_000);
      device.send(40_000, 0x5b4_1022);
      const net = fake.nets.get("service")!;
      expect([net.asked, net.sent[1]!.length]).toEqual([[0, 0x5b4_1022], 40_000]);
      expect([device.counters.sent, device.counters.sentBytes]).toEqual([2, 40_060]);
    }));

  test("says of each frame whether its checksum needs no look", () =>
    withOffloads(2, true, (device, { fake }) => {
      const net = fake.nets.get("service")!;
      net.incoming.push(new Uint8Array(60), new Uint8Array(60));
      net.state[11] = 1;
      device.read();
      expect(device.rxChecked).toBe(true);
      net.state[11] = 0;
      device.read();
      expect([device.rxChecked, device.counters.received]).toEqual([false, 2]);
    }));
});

describe("block device", () => {
  test("knows its name and size", () =>
    withBlock((device) => {
      expect([device.name, device.blockSize, device.blocks]).toEqual(["disk", 512, 8]);
    }));

  test("reads and writes whole blocks, at once or scheduled", () =>
    withBlock(async (device, { fake }) => {
      const two = new Uint8Array(1024);
      device.readSync(3, two);
      expect([two[0], two[511], two[512], two[1023]]).toEqual([3, 3, 4, 4]);
      await device.read(6, two);
      expect([two[0], two[1023]]).toEqual([6, 7]);
      device.writeSync(0, new Uint8Array(512).fill(0xaa));
      await device.write(1, new Uint8Array(1024).fill(0xbb));
      const { data } = fake.blocks.get("disk")!;
      expect([data[0], data[511], data[512], data[1535], data[1536]]).toEqual([0xaa, 0xaa, 0xbb, 0xbb, 3]);
    }));

  test.each([
    ["EINVAL", 0, 0],
    ["EINVAL", 0, 100],
    ["EINVAL", 0, 513],
    ["ERANGE", 8, 512],
    ["ERANGE", 7, 1024],
    ["ERANGE", -1, 512],
    ["ERANGE", 0.5, 512],
    ["ERANGE", Number.NaN, 512],
  ])("%s: block %s, %s bytes", async (code, block, length) => {
    await withBlock(async (device) => {
      const buffer = new Uint8Array(length);
      expect(() => device.readSync(block, buffer)).toThrow(expect.objectContaining({ code }));
      expect(() => device.writeSync(block, buffer)).toThrow(expect.objectContaining({ code }));
      await expect(device.read(block, buffer)).rejects.toMatchObject({ code });
      await expect(device.write(block, buffer)).rejects.toMatchObject({ code });
    });
  });

  test.each([
    ["one block stands for no disk", 1, undefined],
    ["more are a disk", 2, 2],
  ])("optional: %s", async (_name, blocks, opened) => {
    const seen: unknown[] = [];
    const machine = await createMachine(({ run, block }) =>
      run([block("links", { optional: true })], (device) => void seen.push(device?.blocks)),
    );
    machine.platform.addFakeBlock("links", 512, blocks);
    await machine.boot();
    expect(seen).toEqual([opened]);
    expect(JSON.parse(machine.fake.handlers!.manifest()).devices).toEqual([
      { name: "links", type: "BLOCK_BASIC", optional: true },
    ]);
  });

  test("EIO names the block and what was tried", () =>
    withBlock((device, { fake }) => {
      fake.blocks.get("disk")!.isBroken = true;
      expect(() => device.writeSync(2, new Uint8Array(512))).toThrow(
        expect.objectContaining({ code: "EIO", message: 'block device "disk": could not write block 2' }),
      );
    }));

  test("a scheduled read lets others run between blocks, an atomic one does not", () =>
    withBlock(async (device, { runtime }) => {
      let others = 0;
      let isDone = false;
      runtime.spawn(async () => {
        while (!isDone) {
          others++;
          await runtime.yieldNow();
        }
      });
      const before = others;
      device.readSync(0, new Uint8Array(8 * 512));
      expect(others).toBe(before);
      await device.read(0, new Uint8Array(8 * 512));
      expect(others - before).toBeGreaterThanOrEqual(6);
      isDone = true;
    }));
});

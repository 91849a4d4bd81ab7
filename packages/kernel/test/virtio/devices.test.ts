import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { boot, build, busOf, Guest, MICROVM, MICROVM_MODERN, missing, temporary, Wire } from "./machine.ts";

/** Every way in which QEMU shows a virtio device to a guest: machine, devices in front, options of the device. */
const VARIANTS: [string, string, string[], string][] = [
  ["transitional", "pc", [], ""],
  ["modern only", "pc", [], ",disable-legacy=on"],
  ["legacy only", "pc", [], ",disable-modern=on"],
  ["legacy only, interrupt lines", "pc", [], ",disable-modern=on,vectors=0"],
  ["modern only, interrupt lines", "pc", [], ",disable-legacy=on,vectors=0"],
  ["without event indices", "pc", [], ",event_idx=off"],
  ["legacy, neither event indices nor any layout", "pc", [], ",disable-modern=on,event_idx=off,any_layout=off"],
  ["on q35's root bus", "q35", [], ""],
  ["interrupt lines of q35", "q35", [], ",vectors=0"],
  ["over MMIO", MICROVM, MICROVM_MODERN, ""],
  [
    "over MMIO, neither event indices nor PC's old controllers",
    `${MICROVM},pic=off,pit=off,rtc=off`,
    MICROVM_MODERN,
    ",event_idx=off",
  ],
];

const ROOT_PORTS = ["a", "b", "c"].flatMap((id, n) => [
  "-device",
  `pcie-root-port,id=port-${id},chassis=${n + 1},slot=${n + 1}`,
]);

const TYPE = Buffer.from([0x88, 0xb5]); // IEEE 802: for experiments
const PEER = Buffer.from("020000000099", "hex");

const payloadFrame = (to: Buffer, payload: Buffer) =>
  Buffer.concat([to, PEER, TYPE, payload, Buffer.alloc(Math.max(0, 46 - payload.length))]);

function disk(name: string, size = 1 << 20): string[] {
  const path = temporary(`${name}.img`);
  const bytes = Buffer.alloc(size);
  bytes.write("HELLO FROM DISK!");
  writeFileSync(path, bytes);
  return ["-drive", `file=${path},format=raw,if=none,id=${name}`];
}

async function echo(machine: string, front: string[], device: (n: number) => string): Promise<string> {
  const wires = [await Wire.open(), await Wire.open()];
  const macs = ["525400000001", "525400000002"].map((text) => Buffer.from(text, "hex"));
  const macText = ["52:54:00:00:00:01", "52:54:00:00:00:02"];
  const guest = new Guest(build("net"), {
    machine,
    devices: [
      ...front,
      ...wires.flatMap((wire, n) => [
        ...wire.backend(`n${n}`),
        "-device",
        `${device(n)},netdev=n${n},mac=${macText[n]}`,
      ]),
      ...disk("unused"),
      "-device",
      `virtio-blk-${busOf(machine)},drive=unused${front === ROOT_PORTS ? ",bus=port-c" : ""}`,
    ],
  });
  try {
    await guest.until("ready");
    for (const n of [0, 1]) expect(guest.output).toContain(`${["service", "second"][n]} ${macText[n]} mtu 1500`);
    for (const [n, wire] of wires.entries()) {
      const mac = macs[n]!;
      for (const length of [46, 47, 64, 1000, 1499, 1500]) {
        wire.frames.length = 0;
        const payload = Buffer.alloc(length, length);
        wire.send(payloadFrame(mac, payload));
        await wire.receive(1);
        expect(wire.frames[0]).toEqual(Buffer.concat([PEER, mac, TYPE, payload]));
      }
      // Both rings go round several times.
      for (let round = 0; round < 25; round++) {
        wire.frames.length = 0;
        const sent = Array.from({ length: 40 }, (_, i) => Buffer.from(`${round}/${i} ${"x".repeat(i * 20 + 60)}`));
        for (const payload of sent) wire.send(payloadFrame(mac, payload));
        await wire.receive(sent.length);
        expect(wire.frames.map((frame) => frame.subarray(14).toString())).toEqual(sent.map(String));
      }
    }
    const wire = wires[0]!;
    // More frames than the ring has places, while nobody reads: some are lost, it goes on.
    wire.frames.length = 0;
    wire.send(payloadFrame(macs[0]!, Buffer.from("stop")));
    await wire.receive(1);
    for (let i = 0; i < 400; i++) wire.send(payloadFrame(macs[0]!, Buffer.from(`flood ${i}`)));
    await wire.receive(102);
    expect(wire.frames.length).toBeGreaterThan(100);
    for (let seen = 0; seen !== wire.frames.length; ) {
      seen = wire.frames.length;
      await wire.receive(401, 1000);
    }
    // It sends more than the ring has places, and waits for places to become free.
    wire.frames.length = 0;
    wire.send(payloadFrame(macs[0]!, Buffer.from("talk")));
    await wire.receive(601);
    expect(wire.frames.slice(1).map((frame) => frame.readUInt32LE(14))).toEqual([...Array(600).keys()]);
    wires[1]!.send(payloadFrame(macs[1]!, Buffer.from("full")));
    const isDone = () => wires[1]!.frames.some((frame) => frame.toString("latin1", 14, 18) === "done");
    for (let n = 0; n < 5000 && !isDone(); n++) await new Promise((resolve) => setTimeout(resolve, 20));
    wire.frames.length = 0;
    wire.send(payloadFrame(macs[0]!, Buffer.from("quit")));
    await wire.receive(1);
    const { output, status } = await guest.ended;
    expect(output).toContain("SUCCESS");
    expect(wire.frames.length).toBe(1);
    expect(status).toBe(0);
    return output;
  } finally {
    guest.stop();
    for (const wire of wires) wire.close();
  }
}

describe.skipIf(missing !== undefined)(`devices${missing === undefined ? "" : ` (not run: no ${missing})`}`, () => {
  let block: string;
  beforeAll(() => {
    block = build("block");
  });

  it.each(VARIANTS)("block: %s", async (_, machine, front, options) => {
    const device = `virtio-blk-${busOf(machine)},drive=disk${options.replace(",any_layout=off", "")}`;
    const { output, status } = await boot(block, {
      machine,
      devices: [...disk("disk"), ...front, "-device", device],
    });
    expect(output).toContain("2048 blocks of 512 bytes\nblock 0: HELLO FROM DISK!\n");
    expect(output).toContain("SUCCESS");
    expect(status).toBe(0);
  });

  it("block: behind a root port", async () => {
    const devices = [...disk("disk"), ...ROOT_PORTS, "-device", "virtio-blk-pci,drive=disk,bus=port-b"];
    expect((await boot(block, { machine: "q35", devices })).output).toContain("SUCCESS");
  });

  it("block: blocks of 4,096 bytes", async () => {
    const device = "virtio-blk-pci,drive=disk,logical_block_size=4096,physical_block_size=4096";
    const { output } = await boot(block, { devices: [...disk("disk"), "-device", device] });
    expect(output).toContain("256 blocks of 4096 bytes");
    expect(output).toContain("SUCCESS");
  });

  it("block: a device that refuses a write makes it fail", async () => {
    const drive = disk("disk");
    drive[1] += ",readonly=on";
    const { output, status } = await boot(block, { devices: [...drive, "-device", "virtio-blk-pci,drive=disk"] });
    expect(output).toContain("FAILURE: a block is written");
    expect(status).toBe(1);
  });

  it.each(VARIANTS)("net: %s", async (_, machine, front, options) => {
    const output = await echo(machine, front, () => `virtio-net-${busOf(machine)}${options}`);
    expect(output).toMatch(/dropped 0\nSUCCESS/);
  });

  it("net: behind root ports", async () => {
    const output = await echo("q35", ROOT_PORTS, (n) => `virtio-net-pci,bus=port-${"ab"[n]}`);
    expect(output).toMatch(/dropped 0\nSUCCESS/);
  });

  it("net: on the user network each answer ends a wait", async () => {
    const devices = ["-netdev", "user,id=n0", "-device", "virtio-net-pci,netdev=n0"];
    const { output, status } = await boot(build("arp"), { devices });
    expect(output).toMatch(/600 answers.*\nSUCCESS\n$/);
    expect(status).toBe(0);
  });

  it("net: the device's own MTU counts, unless it is too large for a slot", async () => {
    const image = build("net");
    const first = ["-netdev", "user,id=n0,restrict=on", "-device", "virtio-net-pci,netdev=n0,host_mtu=1400"];
    const second = ["-netdev", "user,id=n1,restrict=on", "-device", "virtio-net-pci,netdev=n1,host_mtu=9000"];
    const drive = [...disk("unused"), "-device", "virtio-blk-pci,drive=unused"];
    const guest = new Guest(image, { devices: [...first, ...second, ...drive] });
    await guest.until("ready");
    guest.stop();
    expect(guest.output).toMatch(/service .* mtu 1400\nsecond .* mtu 1500\n/);
  });

  it("over MMIO: a device of before virtio 1 is one clear line", async () => {
    const devices = [...disk("disk"), "-device", "virtio-blk-device,drive=disk"];
    const { output, status } = await boot(block, { machine: MICROVM, devices });
    expect(output).toMatch(/^soloist: block device 'storage' does not work .*force-legacy=false\)\n$/);
    expect(status).toBe(1);
  });

  it("a device that the machine lacks is one clear line", async () => {
    const { output, status } = await boot(build("net"));
    expect(output).toBe(
      "soloist: the manifest names network device 'service' but the machine has no such device " +
        "(QEMU: -netdev user,id=n0 -device virtio-net-pci,netdev=n0)\n",
    );
    expect(status).toBe(1);
  });
});

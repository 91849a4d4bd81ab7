import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { boot, build, Guest, layout, MICROVM, missing } from "./machine.ts";

const hex = (address: number) => address.toString(16).padStart(16, "0");

describe.skipIf(missing !== undefined)(`boot${missing === undefined ? "" : ` (not run: no ${missing})`}`, () => {
  let hello: string;
  let exception: string;
  beforeAll(() => {
    hello = build("hello");
    exception = build("exception");
  });

  it.each([
    ["pc", 64, 0x3fe0000],
    ["q35", 64, 0x3fdf000],
    ["pc", 8, 0x7e0000],
    ["pc", 3600, 0xbffe0000],
  ])("%s with %i MiB: says hello, sees its arguments and its memory", async (machine, memory, end) => {
    const { output, status } = await boot(hello, { machine, memory, append: "one --two=3" });
    expect(output).toContain("Hello, World! [one --two=3]");
    const reported = Number.parseInt(/memory ends at (\w+)/.exec(output)?.[1] ?? "", 16);
    expect(Math.abs(reported - end)).toBeLessThanOrEqual(0x20000);
    expect(status).toBe(0);
  });

  it("no arguments are an empty string", async () => {
    expect((await boot(hello)).output).toContain("Hello, World! []");
  });

  it("an exit code reaches the host", async () => {
    expect((await boot(hello, { append: "x" })).status).toBe(42);
  });

  it("a machine that cannot be switched off is reset, and an exit code reaches the host", async () => {
    expect((await boot(hello, { machine: MICROVM })).status).toBe(0);
    expect((await boot(hello, { machine: MICROVM, append: "x" })).status).toBe(42);
  });

  it.each([
    ["a virtio_mmio.device=4K@0xc0001000:5 b virtio_mmio.device=512@0xfeb00e00:12:0 pci=off", "a b"],
    ["pci=off a", "a"],
    ['"pci=off a" b', '"pci=off a" b'],
    ["pci=off", ""],
    ["pci=offer virtio_mmio.device=4K@here:5 xpci=off", "pci=offer virtio_mmio.device=4K@here:5 xpci=off"],
    ["a  b", "a  b"],
  ])("what the virtual machine monitor says of devices is not for the app: %s", async (append, seen) => {
    expect((await boot(hello, { append })).output).toContain(`[${seen}]`);
  });

  it("a machine without a serial port does not hang it", async () => {
    expect((await boot(hello, { append: "x", serial: "none" })).status).toBe(42);
  });

  it.each([
    ["max,-ssse3", "lacks 'SSSE3'"],
    ["max,-popcnt", "lacks 'POPCNT'"],
    ["max,-nx", "needs a 64-bit processor with no-execute pages"],
    ["qemu32", "needs a 64-bit processor with no-execute pages"],
  ])("processor %s: %s", async (cpu, message) => {
    const { output, status } = await boot(hello, { cpu });
    expect(output).toContain(message);
    expect(status).toBe(1);
  });

  it.each([4, 5])("too little memory (%i MiB) is one clear line", async (memory) => {
    const { output, status } = await boot(hello, { memory });
    expect(output).toBe("soloist: the machine has too little memory for this image (QEMU: -m 64)\n");
    expect(status).toBe(1);
  });

  it.each([
    ["a", "page fault: write to 0x0000000000000008 (null pointer)"],
    ["b", "page fault: read of 0x0000000000000000 (null pointer)"],
    ["c", "page fault: write to 0x0000000000100000 (not permitted)"],
    ["d", /page fault: write to 0x[0-9a-f]{16} \(not permitted\)/],
    ["e", /page fault: execution of 0x[0-9a-f]{16} \(not permitted\)/],
    ["f", /page fault: execution of 0x[0-9a-f]{16} \(not permitted\)/],
    ["g", `page fault: execution of 0x${hex(layout.LINEAR_BASE + 100)} (not permitted)`],
    ["h", `page fault: execution of 0x${hex(layout.LINEAR_BASE + 0x1000000)} (not permitted)`],
    ["i", "(native stack overflow)"],
    ["j", "invalid instruction"],
    ["k", /division by zero[\s\S]*r15 1234567812345678/],
    ["l", "page fault: write to 0x0000008000000000 (not mapped)"],
    ["m", "page fault: read of 0x00000000fee00000 (not mapped)"],
    ["n", "general protection fault"],
    ["o", "page fault: read of 0x0000000000080000 (not mapped)"],
    ["p", "(not mapped)"],
    ["q", "page fault: write to 0xfffffffffffffff8 (not mapped)"],
  ])("exception %s: %s, a register dump, code 255", async (how, message) => {
    const { output, status } = await boot(exception, { append: how });
    expect(output).toMatch(message instanceof RegExp ? message : new RegExp(message.replaceAll(/[()]/g, "\\$&")));
    expect(output).toMatch(/^rip [0-9a-f]{16} rsp [0-9a-f]{16}/m);
    expect(status).toBe(255);
  });

  it("memory is zero wherever it is touched", async () => {
    const { output, status } = await boot(build("memory"), { memory: 16 });
    expect(output).toContain("SUCCESS");
    expect(status).toBe(0);
  });

  it("floating point and vectors work and survive page faults and interrupts", async () => {
    const { output, status } = await boot(build("fpu"));
    expect(output).toContain("SUCCESS");
    expect(status).toBe(0);
  });

  it.each(["pc", "q35", MICROVM])("%s: clocks run forward, waits do not end early", async (machine) => {
    const before = Date.now();
    const { output, status } = await boot(build("time"), { machine });
    const spent = Date.now() - before;
    expect(output).toContain("SUCCESS");
    expect(status).toBe(0);
    const wall = Number(/wall (\d+)/.exec(output)?.[1]) * 1000;
    expect(wall).toBeGreaterThan(before - 2000);
    expect(wall).toBeLessThan(before + spent + 2000);
    const inside = Number(/SUCCESS (\d+)/.exec(output)?.[1]) / 1000;
    expect(inside).toBeLessThan(spent);
    expect(inside).toBeGreaterThan(1800);
  });

  it("a timer that fires early or late does not lose a wait", async () => {
    const { output, status } = await boot(build("skew"));
    expect(output).toBe("SUCCESS\n");
    expect(status).toBe(0);
  });

  it("an idle image uses no processor time", async () => {
    const guest = new Guest(build("idle"), {
      devices: ["-netdev", "user,id=n0,restrict=on", "-device", "virtio-net-pci,netdev=n0"],
    });
    await guest.until("idle for ever");
    const ticks = () => {
      const fields = readFileSync(`/proc/${guest.process.pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
      return Number(fields[11]) + Number(fields[12]);
    };
    const before = ticks();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const used = ticks() - before; // of 300
    guest.stop();
    expect(used).toBeLessThanOrEqual(3);
  });
});

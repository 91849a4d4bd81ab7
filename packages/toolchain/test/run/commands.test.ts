import { describe, expect, it } from "vitest";
import type { ImageInfo } from "../../src/inspect.ts";
import { joinArguments, parseAssignment, parseMemory, parseNetwork, parsePortForward } from "../../src/run/options.ts";
import { guestExitCode, type MachineOptions, qemuCommand } from "../../src/run/qemu.ts";
import { sptCommand } from "../../src/run/spt.ts";

const net = (name: string) => ({ name, type: "NET_BASIC" }) as const;
const block = (name: string) => ({ name, type: "BLOCK_BASIC" }) as const;

function options(devices: ImageInfo["devices"], more: Partial<MachineOptions> = {}): MachineOptions {
  const image = { file: "/tmp/a.image", target: "virtio", devices } as unknown as ImageInfo;
  return { image, accelerator: "tcg", memory: 64, networks: [], macs: [], ports: [], blocks: [], args: [], ...more };
}

const qemu = (devices: ImageInfo["devices"], more?: Partial<MachineOptions>) =>
  qemuCommand(options(devices, more)).args.join(" ");
const spt = (devices: ImageInfo["devices"], more?: Partial<MachineOptions>) =>
  sptCommand(options(devices, more)).args.join(" ");

describe("QEMU", () => {
  it("boots the image with its memory and arguments, and an exit device", () => {
    const text = qemu([], { args: ["--who=Ada Lovelace", 'a"b', ""] });
    expect(text).toContain("-accel tcg -cpu max -m 64");
    expect(text).toContain("-kernel /tmp/a.image");
    expect(text).toContain('-append "--who=Ada Lovelace" "a\\"b" ""');
    expect(text).toContain("isa-debug-exit,iobase=0x501");
    expect(text).not.toContain("-netdev");
  });

  it("the user network is the default; ports are forwarded from loopback to its first device", () => {
    const text = qemu([net("service"), net("second")], {
      ports: [parsePortForward("8080:80"), parsePortForward("53:53/udp")],
    });
    expect(text).toContain("user,id=net0,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:127.0.0.1:53-:53");
    expect(text).toContain("user,id=net1 ");
  });

  it("taps and addresses go to the devices that are named, others in order", () => {
    const networks = [parseNetwork("b=tap:tap1"), parseNetwork("tap:tap0")];
    const text = qemu([net("a"), net("b")], { networks, macs: [parseAssignment("--net-mac", "b=02:00:00:00:00:01")] });
    expect(text).toMatch(/tap,id=net0,ifname=tap0,script=no.*tap,id=net1,ifname=tap1/);
    expect(text).toContain("netdev=net1,romfile=,mac=02:00:00:00:00:01");
  });

  it("disks come in the manifest's order; commas in paths are doubled", () => {
    const text = qemu([block("a"), block("b")], { blocks: [{ name: "b", value: "y" }, { value: "x,1" }] });
    expect(text).toMatch(/id=disk0,file=x,,1 .*id=disk1,file=y /);
  });

  it("frames are dumped for the devices that are named, else for the first", () => {
    const devices = [net("a"), net("b")];
    expect(qemu(devices, { pcaps: [{ value: "/tmp/a,b.pcap" }] })).toContain(
      "-object filter-dump,id=dump0,netdev=net0,file=/tmp/a,,b.pcap",
    );
    expect(qemu(devices, { pcaps: [{ name: "b", value: "/tmp/b" }] })).toContain("id=dump1,netdev=net1,file=/tmp/b");
    expect(() => qemu([], { pcaps: [{ value: "x" }] })).toThrow("--pcap: the image has no such device, not one more");
  });

  it.each([
    ["a missing disk", [block("data")], {}, /--block data=FILE/],
    ["a disk too many", [], { blocks: [{ value: "x" }] }, /--block: the image has no such device/],
    ["an unknown device", [net("a")], { networks: [parseNetwork("b=tap:t")] }, /has no b, but a/],
    [
      "no network",
      [net("a")],
      { networks: [parseNetwork("none")] },
      /--net none: the image needs its network device a/,
    ],
    ["ports without a network", [], { ports: [parsePortForward("1:1")] }, /-p: the image has no network device/],
    [
      "ports on a tap",
      [net("a")],
      { networks: [parseNetwork("tap:t")], ports: [parsePortForward("1:1")] },
      /not with a tap/,
    ],
  ] as const)("%s is refused", (_name, devices, more, message) => {
    expect(() => qemu(devices, more)).toThrow(message);
  });

  it("exit codes: power-off is 0, the exit device's are odd, 1 is QEMU's own failure", () => {
    expect([0, 3, 5, 85, 253, 255, 1].map(guestExitCode)).toEqual([0, 1, 2, 42, 126, 255, undefined]);
  });
});

describe("the tender", () => {
  it("gets devices by name, the image behind --, and arguments that survive joining", () => {
    const text = spt([net("service"), block("data")], {
      networks: [parseNetwork("tap:tap0")],
      blocks: [{ value: "disk.img" }],
      args: ["--who=A B"],
    });
    expect(text).toBe('--mem=64 --net:service=tap0 --block:data=disk.img -- /tmp/a.image "--who=A B"');
  });

  it("has no user network of its own, and says what to do", () => {
    expect(() => spt([net("service")])).toThrow(/--net tap:NAME/);
    expect(() => spt([net("one"), net("two")])).toThrow(/--net one=tap:NAME/);
    expect(() => spt([], { ports: [parsePortForward("1:1")] })).toThrow(/leave --net away/);
  });
});

describe("options", () => {
  it.each(["80", "a:b", "0:80", "80:65536", "8080:80/sctp", ""])("-p %s is refused", (text) => {
    expect(() => parsePortForward(text)).toThrow(`-p ${text}`);
  });
  it.each(["wifi", "tap:", "tap:much-too-long-a-name", "a b=tap:t"])("--net %s is refused", (text) => {
    expect(() => parseNetwork(text)).toThrow(`--net ${text}`);
  });
  it.each(["0", "5000", "many", "1.5"])("--mem %s is refused", (text) =>
    expect(() => parseMemory(text)).toThrow(`--mem ${text}`),
  );

  it("an address may come first in -p", () => {
    expect(parsePortForward("0.0.0.0:8080:80")).toEqual({ protocol: "tcp", address: "0.0.0.0", host: 8080, guest: 80 });
  });
  it("words are quoted as the guest splits them", () => {
    expect(joinArguments(["a", "b c", 'd"e', "f\\g"])).toBe('a "b c" "d\\"e" f\\g');
  });
});

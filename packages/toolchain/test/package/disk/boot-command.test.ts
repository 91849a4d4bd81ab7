import { expect, it } from "vitest";
import { bootCommand } from "../../../src/package/disk/boot-command.ts";
import { imageInfo } from "../image-info.ts";

it("a command that boots it: no kernel, the disk in its place, files and ports as given", () => {
  const options = {
    image: imageInfo({
      target: "virtio",
      devices: [
        { name: "service", type: "NET_BASIC" },
        { name: "links", type: "BLOCK_BASIC" },
      ],
    }),
    path: "/web.virtio",
    memory: 64,
    args: ["--who=Ada"],
    ports: [{ protocol: "tcp", address: "127.0.0.1", host: 8080, guest: 80 }],
    disks: [],
  } as const;
  const command = bootCommand(options, "my web.raw");
  expect(command).toMatch(/^qemu-system-x86_64 .*-accel kvm -accel tcg -cpu max/);
  expect(command).toContain("-drive 'format=raw,file=my web.raw'");
  expect(command).toContain("hostfwd=tcp:127.0.0.1:8080-:80");
  expect(command).toContain("file=FILE");
  expect(command).not.toMatch(/-kernel|-append/);
  expect(bootCommand({ ...options, disks: [{ name: "links", value: "/l.img" }] }, "a.raw")).toContain("file=/l.img");
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { emitElf } from "../../../src/elf/write.ts";
import { ImageError, UsageError } from "../../../src/errors.ts";
import { bootCommand } from "../../../src/package/disk/boot-command.ts";
import { emitFat } from "../../../src/package/disk/fat.ts";
import { emitParcel, MAX_COMMAND_LINE } from "../../../src/package/disk/parcel.ts";
import { dataOffset, emitUefiProgram } from "../../../src/package/disk/pe.ts";
import { emitRawDisk, parseGuid } from "../../../src/package/disk/raw-disk.ts";
import { findCommand } from "../../../src/run/find-command.ts";
import { imageInfo } from "../image-info.ts";

const ENTRY = 0x100040;
const text = new Uint8Array(5001).fill(0x90);
const image = emitElf({
  entry: ENTRY,
  notes: [{ note: { name: "Xen", type: 18, desc: new Uint8Array(Uint32Array.of(ENTRY, 0).buffer) }, align: 4 }],
  segments: [
    { vaddr: 0x100000, flags: 5, bytes: text, memorySize: 5001 },
    { vaddr: 0x200000, flags: 6, bytes: Uint8Array.of(1, 2, 3), memorySize: 10_000 },
  ],
});
const boot = {
  bootSector: new Uint8Array(440).fill(0xb5),
  bios: new Uint8Array(2048).fill(0xb1),
  uefi: new Uint8Array(1006).fill(0xef),
  parcel: new Uint8Array(512).fill(0xca),
};
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe("a parcel", () => {
  const bootSector = new Uint8Array(512).fill(0x55);
  const { bytes, address } = emitParcel({ image, code: boot.parcel, bootSector, commandLine: "--who=Ada" });
  const view = viewOf(bytes);
  const word = (at: number) => view.getUint32(at, true);

  it("says where the kernel begins, where the image ends, and how large it is", () => {
    expect([word(0x400), word(0x404), word(0x408), word(0x40c)]).toEqual([bytes.length, 0x203000, ENTRY, 2]);
    expect(address).toBe(0x203000);
    expect(bytes.length % 512).toBe(0);
  });

  it("holds each segment, in whole words", () => {
    const [offset, to, size, memory] = [0x410, 0x414, 0x418, 0x41c].map(word);
    expect([to, size, memory]).toEqual([0x100000, 5004, 5004]);
    expect(bytes.subarray(offset, offset! + 5001)).toEqual(text);
    expect([0x424, 0x428, 0x42c].map(word)).toEqual([0x200000, 4, 10_000]);
    expect(word(word(0x420))).toBe(0x030201);
  });

  it("holds code, boot sector and command line", () => {
    expect(bytes.subarray(0, 512)).toEqual(boot.parcel);
    expect(bytes.subarray(512, 1024)).toEqual(bootSector);
    expect(Buffer.from(bytes.subarray(0x1000, 0x100a)).toString()).toBe("--who=Ada\0");
  });

  it("refuses what does not fit, and images without a PVH entry", () => {
    const parts = { image, code: boot.parcel, bootSector, commandLine: "" };
    expect(() => emitParcel({ ...parts, commandLine: "x".repeat(MAX_COMMAND_LINE) })).not.toThrow();
    expect(() => emitParcel({ ...parts, commandLine: "x".repeat(MAX_COMMAND_LINE + 1) })).toThrow(UsageError);
    const other = emitElf({
      entry: 0x100000,
      notes: [],
      segments: [{ vaddr: 0x100000, flags: 5, bytes: text, memorySize: 5001 }],
    });
    expect(() => emitParcel({ ...parts, image: other })).toThrow(ImageError);
  });
});

it("a UEFI program: sections lie in the file where they lie in memory, none is writable", () => {
  const bytes = emitUefiProgram(boot.uefi, Uint8Array.of(7, 8, 9));
  const view = viewOf(bytes);
  const pe = view.getUint32(0x3c, true);
  expect(Buffer.from(bytes.subarray(pe, pe + 4)).toString()).toBe("PE\0\0");
  expect(view.getUint16(pe + 24 + 68, true)).toBe(10);
  expect(view.getUint32(pe + 24 + 56, true)).toBe(bytes.length);
  expect(bytes[view.getUint32(pe + 24 + 16, true)]).toBe(0xef);
  expect([...bytes.subarray(dataOffset(boot.uefi), dataOffset(boot.uefi) + 3)]).toEqual([7, 8, 9]);
  for (const at of [0, 1].map((index) => pe + 24 + view.getUint16(pe + 20, true) + index * 40)) {
    expect(view.getUint32(at + 12, true)).toBe(view.getUint32(at + 20, true));
    expect(view.getUint32(at + 36, true) >>> 31).toBe(0);
  }
});

/** Reads a file of a FAT16 file system by its path, as a driver does. */
function readFat(volume: Uint8Array, path: string): Uint8Array {
  const view = viewOf(volume);
  const u16 = (at: number) => view.getUint16(at, true);
  const [perCluster, reserved, entries, fatSectors] = [volume[13]!, u16(14), u16(17), u16(22)];
  const root = (reserved + 2 * fatSectors) * 512;
  const data = root + entries * 32;
  const total = u16(19) || view.getUint32(32, true);
  const clusters = Math.floor((total - data / 512) / perCluster);
  expect(clusters).toBeGreaterThanOrEqual(4085);
  expect(clusters).toBeLessThan(65525);
  expect(fatSectors * 256).toBeGreaterThanOrEqual(clusters + 2);
  expect(volume.length).toBe(total * 512);
  const chain = (first: number) => {
    const parts: Uint8Array[] = [];
    for (let cluster = first; cluster < 0xfff8; cluster = u16(reserved * 512 + cluster * 2)) {
      const at = data + (cluster - 2) * perCluster * 512;
      parts.push(volume.subarray(at, at + perCluster * 512));
    }
    return Buffer.concat(parts);
  };
  let directory: Uint8Array = volume.subarray(root, data);
  for (const name of path.split("/")) {
    let at = 0;
    const nameAt = () => Buffer.from(directory.subarray(at, at + 11)).toString();
    const padded = name
      .split(".")
      .map((part, index) => part.padEnd(index ? 3 : 8))
      .join("")
      .padEnd(11);
    while (nameAt() !== padded) at += 32;
    const entry = viewOf(directory.subarray(at, at + 32));
    const isFolder = (entry.getUint8(11) & 0x10) !== 0;
    const content = chain(entry.getUint16(26, true));
    directory = isFolder ? content : content.subarray(0, entry.getUint32(28, true));
  }
  return directory;
}

describe("a file system", () => {
  it.each([1, 511, 512, 513, 1_300_000, 3_000_000, 40_000_000])("of a file of %i bytes can be read", (size) => {
    const content = new Uint8Array(size).map((_, index) => index % 251);
    const parts = { folders: ["EFI", "BOOT"], name: "BOOTX64.EFI", content, serial: 1, hidden: 64 };
    const { bytes, fileOffset } = emitFat(parts);
    expect(Buffer.compare(readFat(bytes, "EFI/BOOT/BOOTX64.EFI"), content)).toBe(0);
    expect(Buffer.compare(bytes.subarray(fileOffset, fileOffset + size), content)).toBe(0);
  });

  it("has short names only", () => {
    const parts = { folders: [], content: text, serial: 1, hidden: 0 };
    expect(() => emitFat({ ...parts, name: "much-too-long.efi" })).toThrow(RangeError);
  });
});

describe("a disk", () => {
  const disk = emitRawDisk(image, "--who=Ada", boot);
  const view = viewOf(disk);
  const last = disk.length / 512 - 1;

  it("is the same for the same parts, and another one for other arguments", () => {
    expect(Buffer.compare(disk, emitRawDisk(image, "--who=Ada", boot))).toBe(0);
    const other = emitRawDisk(image, "--who=Bob", boot);
    expect(Buffer.compare(disk.subarray(440, 444), other.subarray(440, 444))).not.toBe(0);
    expect(disk.length % (1 << 20)).toBe(0);
  });

  it.each([
    ["first", 1, last],
    ["last", last, 1],
  ])("the %s partition table header knows itself, the other one and the table", (_, own, other) => {
    const header = Buffer.from(disk.subarray(own * 512, own * 512 + 92));
    expect(header.toString("latin1", 0, 8)).toBe("EFI PART");
    const sum = header.readUInt32LE(16);
    header.writeUInt32LE(0, 16);
    expect(crc32(header)).toBe(sum);
    expect([Number(header.readBigUInt64LE(24)), Number(header.readBigUInt64LE(32))]).toEqual([own, other]);
    const table = Number(header.readBigUInt64LE(72)) * 512;
    expect(crc32(disk.subarray(table, table + 128 * 128))).toBe(header.readUInt32LE(88));
    expect(disk.subarray(table, table + 16)).toEqual(new Uint8Array(parseGuid("21686148-6449-6E6F-744E-656564454649")));
    expect(Buffer.from(disk.subarray(table, table + 16)).toString()).toBe("Hah!IdontNeedEFI");
  });

  it("the BIOS's loader finds the parcel inside of UEFI's program, with the disk's own first sector in it", () => {
    expect(disk[0]).toBe(0xb5);
    expect(view.getUint16(510, true)).toBe(0xaa55);
    const loader = 34 * 512;
    expect(disk[loader]).toBe(0xb1);
    const [lba, sectors] = [view.getUint32(loader + 8, true), view.getUint32(loader + 16, true)];
    const parcel = disk.subarray(lba * 512, (lba + sectors) * 512);
    expect(viewOf(parcel).getUint32(0x400, true)).toBe(parcel.length);
    expect(Buffer.compare(parcel.subarray(512, 1024), disk.subarray(0, 512))).toBe(0);
    const program = readFat(disk.subarray(64 * 512, disk.length).subarray(0, volumeSize(disk)), "EFI/BOOT/BOOTX64.EFI");
    expect(Buffer.compare(program.subarray(dataOffset(boot.uefi)).subarray(0, parcel.length), parcel)).toBe(0);
  });

  it.skipIf(!findCommand("sfdisk"))("sfdisk finds two partitions and nothing wrong", () => {
    const folder = mkdtempSync(join(tmpdir(), "soloist-disk-"));
    try {
      const file = join(folder, "disk.raw");
      writeFileSync(file, disk);
      const { stdout, stderr } = spawnSync("sfdisk", ["--verify", file], { encoding: "utf8" });
      expect(stdout + stderr).toContain("No errors detected.");
      const { partitiontable } = JSON.parse(spawnSync("sfdisk", ["--json", file], { encoding: "utf8" }).stdout);
      expect(partitiontable.label).toBe("gpt");
      expect(partitiontable.partitions.map(({ name }: { name: string }) => name)).toEqual(["boot loader", "image"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const volumeSize = (disk: Uint8Array) => {
  const view = viewOf(disk);
  return (view.getUint16(64 * 512 + 19, true) || view.getUint32(64 * 512 + 32, true)) * 512;
};

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

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { dataOffset } from "../../../src/package/disk/pe.ts";
import { emitRawDisk, parseGuid } from "../../../src/package/disk/raw-disk.ts";
import { findCommand } from "../../../src/run/find-command.ts";
import { boot, image, readFat, viewOf } from "./disk-parts.ts";

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

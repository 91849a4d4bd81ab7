import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { alignUp } from "../../elf/format.ts";
import { emitFat } from "./fat.ts";
import { emitParcel } from "./parcel.ts";
import { dataOffset, emitUefiProgram } from "./pe.ts";

/** Boot code of the kernel package, `dist/disk`. */
export interface BootCode {
  readonly bootSector: Uint8Array;
  readonly bios: Uint8Array;
  readonly uefi: Uint8Array;
  readonly parcel: Uint8Array;
}

const SECTOR = 512;
const MIB = 1 << 20;
const TABLE_ENTRIES = 128;
const TABLE_ENTRY_SIZE = 128;
const TABLE_SECTORS = (TABLE_ENTRIES * TABLE_ENTRY_SIZE) / SECTOR;
/** Right behind the partition table; the kernel's `src/disk/bios.h` knows. */
const LOADER_LBA = 2 + TABLE_SECTORS;
const VOLUME_LBA = 64;

const BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649";
const EFI_SYSTEM = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";

const SIGNATURE = 440;
const PARTITIONS = 446;

/** Fields of the BIOS's boot loader: `src/disk/bios.S`. */
const PARCEL_LBA = 8;
const PARCEL_SECTORS = 16;
const PARCEL_ADDRESS = 20;
const PARCEL_END = 24;

/**
 * A disk that boots an image, by BIOS and by UEFI: a GUID partition table, the BIOS's boot loader, and an EFI system partition with
 * one program, which holds the image. The BIOS's loader reads it from there. Pure: the same parts, the same bytes.
 */
export function emitRawDisk(image: Uint8Array, commandLine: string, boot: BootCode): Uint8Array {
  const identity = createHash("sha256").update(image).update("\0").update(commandLine).digest();
  const guid = (index: number): Buffer => {
    const bytes = createHash("sha256").update(identity).update(`${index}`).digest().subarray(0, 16);
    bytes[7] = (bytes[7]! & 0x0f) | 0x40; // RFC 9562: random, in the byte order of Microsoft's GUIDs
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes;
  };

  // How large it will be depends on nothing in the first sector.
  const parcelOf = (bootSector: Uint8Array) => emitParcel({ image, code: boot.parcel, bootSector, commandLine });
  const volumeOf = (bootSector: Uint8Array) =>
    emitFat({
      folders: ["EFI", "BOOT"],
      name: "BOOTX64.EFI",
      content: emitUefiProgram(boot.uefi, parcelOf(bootSector).bytes),
      serial: identity.readUInt32LE(4),
      hidden: VOLUME_LBA,
    });
  const volumeSectors = volumeOf(new Uint8Array(SECTOR)).bytes.length / SECTOR;
  const total = alignUp((VOLUME_LBA + volumeSectors + TABLE_SECTORS + 1) * SECTOR, MIB) / SECTOR;
  const bootSector = emitBootSector(boot.bootSector, identity.readUInt32LE(0), total);
  const volume = volumeOf(bootSector);
  const parcel = parcelOf(bootSector);

  const disk = new Uint8Array(total * SECTOR);
  disk.set(bootSector);
  disk.set(boot.bios, LOADER_LBA * SECTOR);
  const loader = new DataView(disk.buffer, LOADER_LBA * SECTOR);
  const parcelAt = VOLUME_LBA * SECTOR + volume.fileOffset + dataOffset(boot.uefi);
  loader.setUint32(PARCEL_LBA, parcelAt / SECTOR, true);
  loader.setUint32(PARCEL_SECTORS, parcel.bytes.length / SECTOR, true);
  loader.setUint32(PARCEL_ADDRESS, parcel.address, true);
  loader.setUint32(PARCEL_END, parcel.address + parcel.bytes.length, true);
  disk.set(volume.bytes, VOLUME_LBA * SECTOR);

  const table = emitTable([
    { type: BIOS_BOOT, id: guid(1), first: LOADER_LBA, last: VOLUME_LBA - 1, name: "boot loader" },
    { type: EFI_SYSTEM, id: guid(2), first: VOLUME_LBA, last: VOLUME_LBA + volumeSectors - 1, name: "image" },
  ]);
  const header = (own: number, other: number, tableLba: number) =>
    emitTableHeader({ own, other, tableLba, total, id: guid(0), table });
  disk.set(header(1, total - 1, 2), SECTOR);
  disk.set(table, 2 * SECTOR);
  disk.set(table, (total - 1 - TABLE_SECTORS) * SECTOR);
  disk.set(header(total - 1, 1, total - 1 - TABLE_SECTORS), (total - 1) * SECTOR);
  return disk;
}

/** A protective master boot record (UEFI 2.10, 5.2.3) with code, and the signature by which disks are told apart. */
function emitBootSector(code: Uint8Array, signature: number, total: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  const view = new DataView(bytes.buffer);
  bytes.set(code.subarray(0, SIGNATURE));
  view.setUint32(SIGNATURE, signature, true);
  bytes.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff], PARTITIONS);
  view.setUint32(PARTITIONS + 8, 1, true);
  view.setUint32(PARTITIONS + 12, total - 1, true);
  view.setUint16(510, 0xaa55, true);
  return bytes;
}

/** A GUID in text as it stands on disks: the first three groups are little-endian numbers. */
export function parseGuid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll("-", ""), "hex");
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

interface Partition {
  readonly type: string;
  readonly id: Uint8Array;
  readonly first: number;
  readonly last: number;
  readonly name: string;
}

/** The array of partition entries (UEFI 2.10, 5.3.3). */
function emitTable(partitions: readonly Partition[]): Uint8Array {
  const table = new Uint8Array(TABLE_SECTORS * SECTOR);
  const view = new DataView(table.buffer);
  partitions.forEach(({ type, id, first, last, name }, index) => {
    const at = index * TABLE_ENTRY_SIZE;
    table.set(parseGuid(type), at);
    table.set(id, at + 16);
    view.setBigUint64(at + 32, BigInt(first), true);
    view.setBigUint64(at + 40, BigInt(last), true);
    table.set(Buffer.from(name, "utf16le"), at + 56);
  });
  return table;
}

/** UEFI 2.10, 5.3.2. */
function emitTableHeader(parts: {
  readonly own: number;
  readonly other: number;
  readonly tableLba: number;
  readonly total: number;
  readonly id: Uint8Array;
  readonly table: Uint8Array;
}): Uint8Array {
  const size = 92;
  const bytes = new Uint8Array(SECTOR);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("EFI PART"));
  view.setUint32(8, 0x10000, true);
  view.setUint32(12, size, true);
  view.setBigUint64(24, BigInt(parts.own), true);
  view.setBigUint64(32, BigInt(parts.other), true);
  view.setBigUint64(40, BigInt(LOADER_LBA), true);
  view.setBigUint64(48, BigInt(parts.total - 2 - TABLE_SECTORS), true);
  bytes.set(parts.id, 56);
  view.setBigUint64(72, BigInt(parts.tableLba), true);
  view.setUint32(80, TABLE_ENTRIES, true);
  view.setUint32(84, TABLE_ENTRY_SIZE, true);
  view.setUint32(88, crc32(parts.table), true);
  view.setUint32(16, crc32(bytes.subarray(0, size)), true);
  return bytes;
}

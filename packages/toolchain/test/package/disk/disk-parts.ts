import { expect } from "vitest";
import { emitElf } from "../../../src/elf/write.ts";

/** What a test's disk is made of: an image of two segments, and boot code that can be told apart. */
export const ENTRY = 0x100040;
export const text = new Uint8Array(5001).fill(0x90);
export const image = emitElf({
  entry: ENTRY,
  notes: [{ note: { name: "Xen", type: 18, desc: new Uint8Array(Uint32Array.of(ENTRY, 0).buffer) }, align: 4 }],
  segments: [
    { vaddr: 0x100000, flags: 5, bytes: text, memorySize: 5001 },
    { vaddr: 0x200000, flags: 6, bytes: Uint8Array.of(1, 2, 3), memorySize: 10_000 },
  ],
});
export const boot = {
  bootSector: new Uint8Array(440).fill(0xb5),
  bios: new Uint8Array(2048).fill(0xb1),
  uefi: new Uint8Array(1006).fill(0xef),
  parcel: new Uint8Array(512).fill(0xca),
};
export const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads a file of a FAT16 file system by its path, as a driver does. */
export function readFat(volume: Uint8Array, path: string): Uint8Array {
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

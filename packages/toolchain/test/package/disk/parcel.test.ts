import { describe, expect, it } from "vitest";
import { emitElf } from "../../../src/elf/write.ts";
import { ImageError, UsageError } from "../../../src/errors.ts";
import { emitParcel, MAX_COMMAND_LINE } from "../../../src/package/disk/parcel.ts";
import { boot, ENTRY, image, text, viewOf } from "./disk-parts.ts";

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

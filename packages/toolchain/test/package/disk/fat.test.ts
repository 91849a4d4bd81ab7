import { describe, expect, it } from "vitest";
import { emitFat } from "../../../src/package/disk/fat.ts";
import { readFat, text } from "./disk-parts.ts";

describe("a file system", () => {
  it.each([1, 511, 512, 513, 1_300_000, 3_000_000, 40_000_000])("of a file of %i bytes can be read", (size) => {
    const content = new Uint8Array(size);
    for (let at = 0; at < size; at += 251) content[at] = at % 241;
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

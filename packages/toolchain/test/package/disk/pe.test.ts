import { expect, it } from "vitest";
import { dataOffset, emitUefiProgram } from "../../../src/package/disk/pe.ts";
import { boot, viewOf } from "./disk-parts.ts";

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

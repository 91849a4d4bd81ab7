import { alignUp } from "../../elf/format.ts";

const PAGE = 4096;
const OPTIONAL_HEADER_SIZE = 112 + 16 * 8;
const MACHINE_X64 = 0x8664;
/** Executable, addresses above 2 GiB, no debugging information. */
const CHARACTERISTICS = 0x222;
const EFI_APPLICATION = 10;
const NX_COMPATIBLE = 0x100;
const CODE = 0x60000020; // code, executable, readable
const DATA = 0x40000040; // initialised data, readable

/** Where `emitUefiProgram` puts its data in the file, which is also their distance from its start in memory. */
export const dataOffset = (code: Uint8Array): number => PAGE + alignUp(code.length, PAGE);

/**
 * A UEFI application (PE32+, Microsoft's PE format and UEFI 2.10, 2.1.1): code that runs anywhere, linked to address 4096 and
 * entered at its start, and data on the page behind it. Both read-only.
 */
export function emitUefiProgram(code: Uint8Array, data: Uint8Array): Uint8Array {
  const dataAt = dataOffset(code);
  const end = alignUp(dataAt + data.length, PAGE);
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  const u16 = (at: number, value: number) => view.setUint16(at, value, true);
  const u32 = (at: number, value: number) => view.setUint32(at, value, true);

  u16(0, 0x5a4d); // MZ
  const pe = 0x40;
  u32(0x3c, pe);
  u32(pe, 0x4550); // PE
  u16(pe + 4, MACHINE_X64);
  u16(pe + 6, 2); // sections
  u16(pe + 20, OPTIONAL_HEADER_SIZE);
  u16(pe + 22, CHARACTERISTICS);

  const optional = pe + 24;
  u16(optional, 0x20b); // PE32+
  u32(optional + 4, dataAt - PAGE);
  u32(optional + 8, end - dataAt);
  u32(optional + 16, PAGE); // entry
  u32(optional + 20, PAGE); // code
  u32(optional + 32, PAGE); // alignment in memory
  u32(optional + 36, PAGE); // and in the file
  u32(optional + 56, end);
  u32(optional + 60, PAGE); // headers
  u16(optional + 68, EFI_APPLICATION);
  u16(optional + 70, NX_COMPATIBLE);
  u32(optional + 108, 16); // data directories, all empty: there is nothing to relocate

  const section = (index: number, name: string, from: number, to: number, flags: number) => {
    const at = optional + OPTIONAL_HEADER_SIZE + index * 40;
    bytes.set(new TextEncoder().encode(name), at);
    u32(at + 8, to - from);
    u32(at + 12, from);
    u32(at + 16, to - from);
    u32(at + 20, from);
    u32(at + 36, flags);
  };
  section(0, ".text", PAGE, dataAt, CODE);
  section(1, ".parcel", dataAt, end, DATA);
  bytes.set(code, PAGE);
  bytes.set(data, dataAt);
  return bytes;
}

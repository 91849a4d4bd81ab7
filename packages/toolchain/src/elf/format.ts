/** The parts of ELF64 that unikernel images use (System V ABI, chapters 4 and 5). */
export const EHDR_SIZE = 64;
export const PHDR_SIZE = 56;

export const PT_LOAD = 1;
export const PT_INTERP = 3;
export const PT_NOTE = 4;

export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

export const PAGE_SIZE = 4096;

/** Lowest address that a tender loads (Solo5 S20). */
export const GUEST_MIN_BASE = 0x100000;

/** One program header. Addresses and sizes fit a double: guests have at most 4 GiB. */
export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

/** A note: an owner's name, a type that the owner gives meaning to, and bytes. */
export interface Note {
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

/** `r-x` and the like. */
export function permissions(flags: number): string {
  return `${flags & PF_R ? "r" : "-"}${flags & PF_W ? "w" : "-"}${flags & PF_X ? "x" : "-"}`;
}

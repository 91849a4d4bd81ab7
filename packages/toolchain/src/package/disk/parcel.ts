import { alignUp, PT_LOAD } from "../../elf/format.ts";
import { parseElf } from "../../elf/read.ts";
import { ImageError, UsageError } from "../../errors.ts";
import { PVH_NOTE } from "../../image.ts";

/** An image as the boot loaders of a disk bring it into memory: `src/disk/parcel.h` of the kernel package is the specification. */
export interface ParcelParts {
  /** The image's ELF file. */
  readonly image: Uint8Array;
  /** Code for the start of the parcel. */
  readonly code: Uint8Array;
  /** The first sector of the disk. */
  readonly bootSector: Uint8Array;
  readonly commandLine: string;
}

export interface Parcel {
  readonly bytes: Uint8Array;
  /** Where the boot loader of a BIOS puts it: above all that it unfolds to. */
  readonly address: number;
}

const BOOT_SECTOR = 0x200;
const SIZE = 0x400;
const IMAGE_END = 0x404;
const START = 0x408;
const COUNT = 0x40c;
const SEGMENTS = 0x410;
const START_INFO = 0xf80;
const COMMAND = 0x1000;
const HEAD = 0x2000;
const SEGMENT_SIZE = 16;
const MAX_SEGMENTS = Math.floor((START_INFO - SEGMENTS) / SEGMENT_SIZE);
/** Bytes of a command line, without its NUL. */
export const MAX_COMMAND_LINE = HEAD - COMMAND - 1;

const SECTOR = 512;

/** Pure: the same parts, the same bytes. Throws an error of one line for an image that cannot be started so. */
export function emitParcel({ image, code, bootSector, commandLine }: ParcelParts): Parcel {
  const elf = parseElf(image);
  const pvh = elf.notes.find(({ name, type }) => name === "Xen" && type === PVH_NOTE);
  if (!pvh) throw new ImageError("the image has no PVH entry");
  const segments = elf.programHeaders.filter(({ type, memorySize }) => type === PT_LOAD && memorySize > 0);
  if (segments.length > MAX_SEGMENTS) {
    throw new ImageError(`the image has ${segments.length} segments, and boot loaders load ${MAX_SEGMENTS}`);
  }
  const words = new TextEncoder().encode(commandLine);
  if (words.length > MAX_COMMAND_LINE) {
    throw new UsageError(`--raw: ${words.length} bytes of arguments, and a disk holds ${MAX_COMMAND_LINE}`);
  }
  let end = HEAD;
  const places = segments.map(({ fileSize }) => {
    const offset = end;
    end = alignUp(offset + fileSize, 16);
    return offset;
  });
  const bytes = new Uint8Array(alignUp(end, SECTOR));
  const view = new DataView(bytes.buffer);
  const last = segments[segments.length - 1]!;
  const imageEnd = last.vaddr + alignUp(last.memorySize, 4096);
  bytes.set(code);
  bytes.set(bootSector, BOOT_SECTOR);
  bytes.set(words, COMMAND);
  view.setUint32(SIZE, bytes.length, true);
  view.setUint32(IMAGE_END, imageEnd, true);
  view.setUint32(START, new DataView(pvh.desc.buffer, pvh.desc.byteOffset).getUint32(0, true), true);
  view.setUint32(COUNT, segments.length, true);
  segments.forEach(({ offset, fileSize, vaddr, memorySize }, index) => {
    const at = SEGMENTS + index * SEGMENT_SIZE;
    view.setUint32(at, places[index]!, true);
    view.setUint32(at + 4, vaddr, true);
    view.setUint32(at + 8, alignUp(fileSize, 4), true);
    view.setUint32(at + 12, alignUp(memorySize, 4), true);
    bytes.set(image.subarray(offset, offset + fileSize), places[index]);
  });
  return { bytes, address: imageEnd };
}

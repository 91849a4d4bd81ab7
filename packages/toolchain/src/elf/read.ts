import { ImageError } from "../errors.ts";
import {
  EHDR_SIZE,
  GUEST_MIN_BASE,
  type Note,
  PAGE_SIZE,
  PF_W,
  PF_X,
  PHDR_SIZE,
  type ProgramHeader,
  PT_LOAD,
  PT_NOTE,
} from "./format.ts";

export interface Elf {
  readonly entry: number;
  readonly programHeaders: readonly ProgramHeader[];
  readonly notes: readonly Note[];
}

const ET_EXEC = 2;
const EM_X86_64 = 62;
const MAX_PROGRAM_HEADERS = 1024;
const hex = (value: number) => `0x${value.toString(16)}`;

/**
 * Reads a static x86-64 executable and checks it as strictly as a tender does: every table and segment lies in the file,
 * segments are page-aligned, ascend, do not overlap, and none is writable and executable.
 *
 * Throws an {@link ImageError} whose message is one line.
 */
export function parseElf(bytes: Uint8Array): Elf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < EHDR_SIZE) throw new ImageError(`not an ELF file: only ${bytes.length} bytes long`);
  if (view.getUint32(0) !== 0x7f454c46) throw new ImageError("not an ELF file: the magic number is missing");
  if (bytes[4] !== 2) throw new ImageError("not a 64-bit ELF file");
  if (bytes[5] !== 1) throw new ImageError("not a little-endian ELF file");
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC) throw new ImageError(`not a static executable: ELF type ${type}, expected ${ET_EXEC}`);
  const machine = view.getUint16(18, true);
  if (machine !== EM_X86_64)
    throw new ImageError(`made for a foreign machine: ${machine}, expected ${EM_X86_64} (x86-64)`);

  const entry = u64(view, 24, "entry point");
  const tableOffset = u64(view, 32, "program header table");
  const entrySize = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (count === 0) throw new ImageError("no program headers");
  if (entrySize !== PHDR_SIZE) throw new ImageError(`program headers of ${entrySize} bytes, expected ${PHDR_SIZE}`);
  if (count > MAX_PROGRAM_HEADERS) throw new ImageError(`too many program headers: ${count}`);
  if (tableOffset + count * PHDR_SIZE > bytes.length)
    throw new ImageError("truncated: the program headers lie beyond its end");

  const programHeaders: ProgramHeader[] = [];
  for (let index = 0; index < count; index++) {
    programHeaders.push(parseProgramHeader(view, tableOffset + index * PHDR_SIZE, index));
  }
  checkSegments(programHeaders, bytes.length, entry);
  const notes = programHeaders
    .filter((header) => header.type === PT_NOTE)
    .flatMap((header) => parseNotes(bytes, header));
  return { entry, programHeaders, notes };
}

function parseProgramHeader(view: DataView, at: number, index: number): ProgramHeader {
  const what = `program header ${index}`;
  return {
    type: view.getUint32(at, true),
    flags: view.getUint32(at + 4, true),
    offset: u64(view, at + 8, what),
    vaddr: u64(view, at + 16, what),
    fileSize: u64(view, at + 32, what),
    memorySize: u64(view, at + 40, what),
    align: u64(view, at + 48, what),
  };
}

function checkSegments(headers: readonly ProgramHeader[], fileLength: number, entry: number): void {
  let end = 0;
  let entryFound = false;
  headers.forEach((header, index) => {
    if (header.offset + header.fileSize > fileLength) {
      throw new ImageError(
        `truncated: segment ${index} ends at byte ${header.offset + header.fileSize} of ${fileLength}`,
      );
    }
    if (header.type !== PT_LOAD) return;
    const what = `segment ${index} at ${hex(header.vaddr)}`;
    if (header.fileSize > header.memorySize) throw new ImageError(`${what} is larger in the file than in memory`);
    if (header.vaddr < GUEST_MIN_BASE) throw new ImageError(`${what} lies below ${hex(GUEST_MIN_BASE)}`);
    if (header.vaddr % PAGE_SIZE !== 0) throw new ImageError(`${what} is not page-aligned`);
    if (header.flags & PF_W && header.flags & PF_X) throw new ImageError(`${what} is writable and executable`);
    if (header.vaddr < end) throw new ImageError(`${what} overlaps the one before it, or is out of order`);
    end = header.vaddr + header.memorySize;
    if (header.flags & PF_X && entry >= header.vaddr && entry < end) entryFound = true;
  });
  if (end === 0) throw new ImageError("no segment to load");
  if (!entryFound) throw new ImageError(`the entry point ${hex(entry)} lies in no executable segment`);
}

const NOTE_HEADER = 12;

function parseNotes(bytes: Uint8Array, header: ProgramHeader): Note[] {
  const notes: Note[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.offset, header.fileSize);
  const decoder = new TextDecoder("latin1");
  let at = 0;
  while (at + NOTE_HEADER <= view.byteLength) {
    const nameSize = view.getUint32(at, true);
    const descSize = view.getUint32(at + 4, true);
    const type = view.getUint32(at + 8, true);
    const nameAt = at + NOTE_HEADER;
    // Name and descriptor are padded to 4 bytes; Solo5's MFT1 counts its own padding in descsz.
    const descAt = nameAt + Math.ceil(nameSize / 4) * 4;
    if (descAt + descSize > view.byteLength) throw new ImageError("a note is longer than its segment");
    const start = header.offset + nameAt;
    const name = decoder.decode(bytes.subarray(start, start + nameSize)).replace(/\0+$/, "");
    notes.push({ name, type, desc: bytes.slice(header.offset + descAt, header.offset + descAt + descSize) });
    at = descAt + Math.ceil(descSize / 4) * 4;
  }
  return notes;
}

function u64(view: DataView, at: number, what: string): number {
  const value = view.getBigUint64(at, true);
  if (value > 0xffffffffffn) throw new ImageError(`${what}: impossible value 0x${value.toString(16)}`);
  return Number(value);
}

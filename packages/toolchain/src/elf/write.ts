import {
  alignUp,
  EHDR_SIZE,
  type Note,
  PAGE_SIZE,
  PF_R,
  PF_W,
  PF_X,
  PHDR_SIZE,
  PT_INTERP,
  PT_LOAD,
  PT_NOTE,
} from "./format.ts";

/** Bytes that are loaded at an address; memory behind them, up to `memorySize`, is zero. */
export interface Segment {
  /** Page-aligned. */
  readonly vaddr: number;
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly memorySize: number;
}

export interface ElfPlan {
  readonly entry: number;
  /** Path of `PT_INTERP`; Solo5's images name one that cannot exist, so that the host's kernel refuses to run them. */
  readonly interpreter?: string;
  /** Each gets a `PT_NOTE` of its own, in this order. `align`: of the segment in the file. */
  readonly notes: readonly { readonly note: Note; readonly align: 4 | 8 }[];
  /** In any order. */
  readonly segments: readonly Segment[];
}

/** Writes a static x86-64 executable without sections and symbols. The same plan gives the same bytes. */
export function emitElf(plan: ElfPlan): Uint8Array {
  const segments = plan.segments.filter((segment) => segment.memorySize > 0).sort((a, b) => a.vaddr - b.vaddr);
  assertSegments(segments);
  const interpreter = plan.interpreter === undefined ? undefined : new TextEncoder().encode(`${plan.interpreter}\0`);
  const count = (interpreter ? 1 : 0) + plan.notes.length + segments.length;

  const headers: {
    type: number;
    flags: number;
    vaddr: number;
    bytes: Uint8Array;
    memorySize: number;
    align: number;
  }[] = [];
  if (interpreter) {
    headers.push({
      type: PT_INTERP,
      flags: PF_R,
      vaddr: 0,
      bytes: interpreter,
      memorySize: interpreter.length,
      align: 1,
    });
  }
  for (const { note, align } of plan.notes) {
    const bytes = emitNote(note);
    headers.push({ type: PT_NOTE, flags: PF_R, vaddr: 0, bytes, memorySize: bytes.length, align });
  }
  for (const segment of segments) headers.push({ type: PT_LOAD, align: PAGE_SIZE, ...segment });

  let end = EHDR_SIZE + count * PHDR_SIZE;
  const offsets = headers.map((header) => {
    const at = alignUp(end, header.align);
    if (header.bytes.length > 0 || header.type !== PT_LOAD) end = at + header.bytes.length;
    return header.bytes.length === 0 && header.type === PT_LOAD ? 0 : at;
  });

  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  emitHeader(view, plan.entry, count);
  headers.forEach((header, index) => {
    const at = EHDR_SIZE + index * PHDR_SIZE;
    const offset = offsets[index]!;
    view.setUint32(at, header.type, true);
    view.setUint32(at + 4, header.flags, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(header.vaddr), true);
    view.setBigUint64(at + 24, BigInt(header.vaddr), true);
    view.setBigUint64(at + 32, BigInt(header.bytes.length), true);
    view.setBigUint64(at + 40, BigInt(header.memorySize), true);
    view.setBigUint64(at + 48, BigInt(header.align), true);
    file.set(header.bytes, offset);
  });
  return file;
}

function assertSegments(segments: readonly Segment[]): void {
  let end = 0;
  for (const { vaddr, flags, bytes, memorySize } of segments) {
    const what = `segment at 0x${vaddr.toString(16)}`;
    if (vaddr % PAGE_SIZE !== 0) throw new RangeError(`${what} is not page-aligned`);
    if (bytes.length > memorySize) throw new RangeError(`${what}: ${bytes.length} bytes in ${memorySize} of memory`);
    if (flags & PF_W && flags & PF_X) throw new RangeError(`${what} is writable and executable`);
    if (vaddr < end) throw new RangeError(`${what} overlaps the one before it`);
    end = vaddr + memorySize;
  }
}

function emitHeader(view: DataView, entry: number, programHeaders: number): void {
  view.setUint32(0, 0x7f454c46);
  view.setUint8(4, 2); // 64-bit
  view.setUint8(5, 1); // little endian
  view.setUint8(6, 1); // version
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(EHDR_SIZE), true);
  view.setUint16(52, EHDR_SIZE, true);
  view.setUint16(54, PHDR_SIZE, true);
  view.setUint16(56, programHeaders, true);
  view.setUint16(58, 64, true);
}

/** A note as it stands in the file: header, name and descriptor, each padded to 4 bytes. */
export function emitNote(note: Note): Uint8Array {
  const name = new TextEncoder().encode(`${note.name}\0`);
  const descAt = 12 + alignUp(name.length, 4);
  const bytes = new Uint8Array(descAt + alignUp(note.desc.length, 4));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, name.length, true);
  view.setUint32(4, note.desc.length, true);
  view.setUint32(8, note.type, true);
  bytes.set(name, 12);
  bytes.set(note.desc, descAt);
  return bytes;
}

/** A program header; defaults make a page of code at 0x100000. */
export interface Segment {
  readonly type?: number;
  readonly flags?: number;
  readonly offset?: bigint;
  readonly address?: bigint;
  readonly fileSize?: bigint;
  readonly memorySize?: bigint;
  readonly align?: bigint;
}

/** What differs from an image that runs and exits with 0. */
export interface ImageOptions {
  /** Program headers behind the standard three: text, ABI note, manifest note. */
  readonly more?: readonly Segment[];
  readonly text?: Segment;
  readonly abi?: Buffer;
  readonly manifest?: Buffer;
  readonly entry?: bigint;
  /** Bytes written over the finished file: [offset, value, width in bytes]. */
  readonly patch?: readonly (readonly [number, number, 1 | 2 | 4])[];
}

export const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
export const PT_INTERP = 3;
export const PT_NOTE = 4;

/** Where things lie in the file. */
export const TEXT_OFFSET = 0x1000;
export const NOTES_OFFSET = 0x800;
const SIZE = 0x3000;
/** `mov eax, 231; xor edi, edi; syscall`: exit_group(0). */
const code = Buffer.from([0xb8, 0xe7, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05]);

/** A note: name and content, each padded to four bytes. */
export function note(name: string, type: number, content: Buffer): Buffer {
  const nameSize = name.length + 1;
  const nameEnd = 12 + ((nameSize + 3) & ~3);
  const result = Buffer.alloc(nameEnd + ((content.length + 3) & ~3));
  result.writeUInt32LE(nameSize, 0);
  result.writeUInt32LE(content.length, 4);
  result.writeUInt32LE(type, 8);
  result.write(name, 12, "latin1");
  content.copy(result, nameEnd);
  return result;
}

/** Solo5's ABI note. */
export function abiNote(target = 2, version = 2): Buffer {
  const content = Buffer.alloc(16);
  content.writeUInt32LE(target, 0);
  content.writeUInt32LE(version, 4);
  return note("Solo5", 0x31494241, content);
}

/** One entry of a manifest, 104 bytes. */
export function manifestEntry(name: string, type: number, attached = 0): Buffer {
  const entry = Buffer.alloc(104);
  entry.write(name, 0, "latin1");
  entry.writeUInt32LE(type, 68);
  entry[96] = attached;
  return entry;
}

/** Solo5's manifest note; `entries` without the reserved first, unless `first` replaces it. */
export function manifestNote(
  entries: readonly Buffer[] = [],
  first = manifestEntry("", 1 << 30),
  count?: number,
): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(count ?? entries.length + 1, 8);
  return note("Solo5", 0x3154464d, Buffer.concat([head, first, ...entries]));
}

/** Soloist's crash note. */
export function crashNote(entry: bigint, stack: bigint): Buffer {
  const content = Buffer.alloc(16);
  content.writeBigUInt64LE(entry, 0);
  content.writeBigUInt64LE(stack, 8);
  return note("Soloist", 0x48534352, content);
}

/** Soloist's note of what the host may give: where to, and to which devices. */
export function hostNote(address: bigint, nets = 0n): Buffer {
  const content = Buffer.alloc(16);
  content.writeBigUInt64LE(address, 0);
  content.writeBigUInt64LE(nets, 8);
  return note("Soloist", 0x54534f48, content);
}

function writeSegment(file: Buffer, index: number, segment: Segment): void {
  const at = 64 + index * 56;
  const fileSize = segment.fileSize ?? 0x1000n;
  const address = segment.address ?? 0x100000n;
  file.writeUInt32LE(segment.type ?? PT_LOAD, at);
  file.writeUInt32LE(segment.flags ?? 5, at + 4);
  file.writeBigUInt64LE(segment.offset ?? BigInt(TEXT_OFFSET), at + 8);
  file.writeBigUInt64LE(address, at + 16);
  file.writeBigUInt64LE(address, at + 24);
  file.writeBigUInt64LE(fileSize, at + 32);
  file.writeBigUInt64LE(segment.memorySize ?? fileSize, at + 40);
  file.writeBigUInt64LE(segment.align ?? 0x1000n, at + 48);
}

/** An ELF file: without options, an image that exits with 0. */
export function image(options: ImageOptions = {}): Buffer {
  const file = Buffer.alloc(SIZE);
  const abi = options.abi ?? abiNote();
  const manifest = options.manifest ?? manifestNote();
  const more = options.more ?? [];
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(62, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(options.entry ?? 0x100000n, 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(3 + more.length, 56);
  code.copy(file, TEXT_OFFSET);
  const manifestOffset = (NOTES_OFFSET + abi.length + 7) & ~7;
  const whole = Buffer.concat([file.subarray(0, SIZE)]);
  abi.copy(whole, NOTES_OFFSET);
  // A long manifest goes behind everything else.
  const far = manifestOffset + manifest.length > TEXT_OFFSET;
  const result = far ? Buffer.concat([whole, manifest]) : whole;
  if (!far) manifest.copy(result, manifestOffset);
  writeSegment(result, 0, options.text ?? {});
  const noteOf = (offset: number, length: number): Segment => ({
    type: PT_NOTE,
    flags: 4,
    offset: BigInt(offset),
    address: 0n,
    fileSize: BigInt(length),
    align: 4n,
  });
  writeSegment(result, 1, noteOf(NOTES_OFFSET, abi.length));
  writeSegment(result, 2, noteOf(far ? SIZE : manifestOffset, manifest.length));
  more.forEach((segment, index) => {
    writeSegment(result, 3 + index, segment);
  });
  for (const [offset, value, width] of options.patch ?? []) result.writeUIntLE(value, offset, width);
  return result;
}

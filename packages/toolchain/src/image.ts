import type { Base } from "./base.ts";
import { type Note, PAGE_SIZE, PF_R, PF_W, PT_LOAD } from "./elf/format.ts";
import { parseElf } from "./elf/read.ts";
import {
  ABI_NOTE,
  ABI_TARGETS,
  abiNote,
  emitManifest,
  HOST_NOTE,
  hostNote,
  INTERPRETER,
  MANIFEST_NOTE,
  type ManifestDevice,
  manifestNote,
} from "./elf/solo5.ts";
import { emitElf, type Segment } from "./elf/write.ts";
import type { HeapSnapshot } from "./engine/evaluate.ts";

/** What `soloist inspect` shows and nothing loads; JSON in a note of its own. */
export interface ImageMetadata {
  readonly app: string;
  readonly target: string;
  readonly engine: string;
  readonly modules: readonly string[];
  readonly snapshot: boolean;
  /** Bytes from address 0 to the end of linear memory as it is at boot. */
  readonly memory: number;
  /** Names of the disks that the app does without. */
  readonly optional: readonly string[];
}

export interface ImageParts {
  readonly base: Base;
  readonly snapshot: HeapSnapshot;
  readonly devices: readonly ManifestDevice[];
  readonly modules: readonly string[];
  readonly app: string;
  readonly hasSnapshot: boolean;
  /** False leaves the boot record empty; for {@link emitProbe}. */
  readonly bootRecord?: boolean;
}

const METADATA_NOTE_NAME = "Soloist";
const METADATA_NOTE = 0x4154454d; // "META"

/** The note that holds {@link ImageMetadata}; other notes of the same owner are for tenders. */
export const isMetadata = ({ name, type }: Note) => name === METADATA_NOTE_NAME && type === METADATA_NOTE;
const isHost = ({ name, type }: Note) => name === METADATA_NOTE_NAME && type === HOST_NOTE;
/** XEN_ELFNOTE_PHYS32_ENTRY. */
export const PVH_NOTE = 18;
const OPENBSD_NOTE: Note = { name: "OpenBSD", type: 1, desc: new Uint8Array(4) };

const BOOT_RECORD_MAGIC = 0x544c4f53;
const BOOT_RECORD_VERSION = 1;
const WASM_PAGE = 65536;

/** Most program headers that the snapshot may take: each costs a loader a system call or two. */
export const MAX_SNAPSHOT_SEGMENTS = 48;
/** Gaps of up to this many zero pages are stored: a page in the file is cheaper than another segment. */
const MAX_STORED_GAP = 1;

/** Composes an image of a base and an app's snapshot. Pure: the same parts give the same bytes. */
export function composeImage(parts: ImageParts): Uint8Array {
  const { base, snapshot } = parts;
  const { description } = base;
  const elf = parseElf(base.elf);
  const leftOut = Object.entries(description.modules).filter(([name]) => !parts.modules.includes(name));
  const leftOutRanges = leftOut.flatMap(([, module]) => module.segments);

  const segments: Segment[] = elf.programHeaders
    .filter(({ type, vaddr }) => type === PT_LOAD && !leftOutRanges.some((range) => contains(range, vaddr)))
    .map(({ vaddr, flags, offset, fileSize, memorySize }) => ({
      vaddr,
      flags,
      memorySize,
      bytes: base.elf.slice(offset, offset + fileSize),
    }));
  const patch = (vaddr: number, bytes: Uint8Array) => patchSegments(segments, vaddr, bytes);

  if (parts.bootRecord !== false) {
    patch(description.bootRecord.vaddr, emitBootRecord(snapshot, description.bootRecord.size));
  }
  const manifest = emitManifest(parts.devices);
  if (manifest.length > description.manifest.size)
    throw new RangeError("the manifest is larger than the base has room for");
  patch(description.manifest.vaddr, manifest);
  const { table } = description;
  for (const [, module] of leftOut) {
    if (module.tableSize === 0) continue;
    patch(table.vaddr + module.tableBase * table.entrySize, new Uint8Array(module.tableSize * table.entrySize));
  }

  const heap = snapshotSegments(snapshot.memory, description.linearBase, MAX_SNAPSHOT_SEGMENTS);
  const metadata: ImageMetadata = {
    app: parts.app,
    target: description.target,
    engine: description.engine,
    modules: parts.modules,
    snapshot: parts.hasSnapshot,
    memory: description.linearBase + snapshot.memory.length,
    optional: parts.devices.filter((device) => device.optional).map(({ name }) => name),
  };
  return emitElf({
    entry: elf.entry,
    ...(description.abi.target === ABI_TARGETS.spt ? { interpreter: INTERPRETER } : {}),
    notes: [
      { note: OPENBSD_NOTE, align: 4 },
      { note: abiNote(description.abi.target, description.abi.version), align: 4 },
      { note: manifestNote(parts.devices), align: 8 },
      { note: metadataNote(metadata), align: 4 },
      // What soloist-spt jumps to when an image crashes, and where it writes what it has to give.
      ...elf.notes
        .filter((note) => isForeign(note) && !isPvh(note))
        .map((note) => ({
          note: isHost(note) ? hostNote(note, parts.devices) : note,
          align: 4 as const,
        })),
      // Last: Firecracker and Cloud Hypervisor (rust-vmm's linux-loader) go by what the last of these segments holds.
      ...elf.notes.filter(isPvh).map((note) => ({ note, align: 4 as const })),
    ],
    segments: [...segments, ...heap],
  });
}

/** A base as it is, without an app: its kernel says so and ends. Shows whether a machine runs kernels at all. */
export function emitProbe(base: Base): Uint8Array {
  const memory = new Uint8Array(WASM_PAGE);
  const snapshot: HeapSnapshot = {
    memory,
    stackPointer: 0,
    context: 0,
    mathRandom: 0,
    source: 0,
    sourceLength: 0,
    handlers: [0n, 0n, 0n, 0n],
  };
  return composeImage({
    base,
    snapshot,
    devices: [],
    modules: [],
    app: "probe",
    hasSnapshot: false,
    bootRecord: false,
  });
}

function contains({ vaddr, size }: { vaddr: number; size: number }, address: number): boolean {
  return address >= vaddr && address < vaddr + size;
}

/** The entry of virtio images. */
const isPvh = ({ name, type }: Note) => name === "Xen" && type === PVH_NOTE;

function isForeign(note: Note): boolean {
  const { name, type } = note;
  if (name === OPENBSD_NOTE.name || name === "GNU" || isMetadata(note)) return false;
  return !(name === "Solo5" && (type === ABI_NOTE || type === MANIFEST_NOTE));
}

function metadataNote(metadata: ImageMetadata): Note {
  return { name: METADATA_NOTE_NAME, type: METADATA_NOTE, desc: new TextEncoder().encode(JSON.stringify(metadata)) };
}

/** Writes bytes at an address of a base's segment; zeros that the file leaves out are added where need be. */
function patchSegments(segments: Segment[], vaddr: number, bytes: Uint8Array): void {
  const index = segments.findIndex((segment) => vaddr >= segment.vaddr && vaddr < segment.vaddr + segment.memorySize);
  const segment = segments[index];
  const at = vaddr - (segment?.vaddr ?? 0);
  if (!segment || at + bytes.length > segment.memorySize) {
    throw new RangeError(`0x${vaddr.toString(16)} and ${bytes.length} bytes behind it lie in no segment of the base`);
  }
  if (at + bytes.length > segment.bytes.length) {
    const longer = new Uint8Array(at + bytes.length);
    longer.set(segment.bytes);
    segments[index] = { ...segment, bytes: longer };
  }
  segments[index]!.bytes.set(bytes, at);
}

/** `struct boot_record` of the kernel; offsets are those of FORMAT.md. */
export function emitBootRecord(snapshot: HeapSnapshot, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BOOT_RECORD_MAGIC, true);
  view.setUint32(4, BOOT_RECORD_VERSION, true);
  view.setUint32(8, snapshot.memory.length / WASM_PAGE, true);
  view.setUint32(12, snapshot.stackPointer, true);
  view.setUint32(16, snapshot.context, true);
  view.setUint32(20, snapshot.mathRandom, true);
  view.setUint32(24, snapshot.source, true);
  view.setUint32(28, snapshot.sourceLength, true);
  snapshot.handlers.forEach((handler, index) => {
    view.setBigUint64(32 + index * 8, handler, true);
  });
  return bytes;
}

/** Runs of pages that are not all zero, as segments; the smallest gaps are stored until at most `limit` runs are left. */
export function snapshotSegments(memory: Uint8Array, base: number, limit: number): Segment[] {
  const runs: { start: number; end: number }[] = [];
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  for (let page = 0; page * PAGE_SIZE < memory.length; page++) {
    if (isZeroPage(words, page)) continue;
    const last = runs[runs.length - 1];
    if (last && page - last.end <= MAX_STORED_GAP) last.end = page + 1;
    else runs.push({ start: page, end: page + 1 });
  }
  while (runs.length > limit) {
    let smallest = 1;
    for (let index = 2; index < runs.length; index++) {
      const gap = runs[index]!.start - runs[index - 1]!.end;
      if (gap < runs[smallest]!.start - runs[smallest - 1]!.end) smallest = index;
    }
    runs[smallest - 1]!.end = runs[smallest]!.end;
    runs.splice(smallest, 1);
  }
  return runs.map(({ start, end }) => {
    const bytes = memory.subarray(start * PAGE_SIZE, end * PAGE_SIZE);
    return { vaddr: base + start * PAGE_SIZE, flags: PF_R | PF_W, bytes, memorySize: bytes.length };
  });
}

function isZeroPage(words: Uint32Array, page: number): boolean {
  const from = (page * PAGE_SIZE) >> 2;
  for (let index = from; index < from + PAGE_SIZE / 4; index++) if (words[index] !== 0) return false;
  return true;
}

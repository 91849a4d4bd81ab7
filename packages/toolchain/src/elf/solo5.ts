import { ImageError } from "../errors.ts";
import type { Note } from "./format.ts";

/** Solo5's notes: which ABI an image speaks, and which devices it needs (solo5/include/elf_abi.h, mft_abi.h). */
export const ABI_NOTE = 0x31494241;
export const MANIFEST_NOTE = 0x3154464d;
export const INTERPRETER = "/nonexistent/solo5/";

export const ABI_TARGETS = { hvt: 1, spt: 2, virtio: 3, muen: 4, genode: 5, xen: 6 } as const;

export interface ManifestDevice {
  readonly name: string;
  readonly type: "NET_BASIC" | "BLOCK_BASIC";
  /** A disk that the app does without. Solo5's manifest has no such mark: it travels in the image's own note. */
  readonly optional?: boolean;
  /** A network device that takes what the host does for it; travels in a note as well. */
  readonly offloads?: boolean;
}

const ENTRY_SIZE = 104;
const NAME_SIZE = 68;
const MAX_ENTRIES = 64;
const MFT_VERSION = 1;
const RESERVED_FIRST = 1 << 30;
const DEVICE_TYPES = { BLOCK_BASIC: 1, NET_BASIC: 2 } as const;
/** In the note, `struct mft` is aligned to 8 bytes: 4 bytes of padding come first and count. */
const NOTE_PADDING = 4;

/** Size of `struct mft` for a number of devices: the reserved first entry comes on top. */
export function manifestSize(devices: number): number {
  return 8 + ENTRY_SIZE * (devices + 1);
}

/**
 * Parses the JSON that an app registers: `{"type":"solo5.manifest","version":1,"devices":[{"name","type","optional","offloads"}]}`.
 * Throws an Error whose message is one line.
 */
export function parseManifestJson(json: string): ManifestDevice[] {
  const manifest = JSON.parse(json) as { type?: unknown; version?: unknown; devices?: unknown };
  if (manifest.type !== "solo5.manifest" || manifest.version !== MFT_VERSION || !Array.isArray(manifest.devices)) {
    throw new Error("not a solo5.manifest of version 1");
  }
  if (manifest.devices.length >= MAX_ENTRIES) {
    throw new Error(`too many devices: ${manifest.devices.length}, at most ${MAX_ENTRIES - 1}`);
  }
  const seen = new Set<string>();
  return manifest.devices.map((device: { name?: unknown; type?: unknown; optional?: unknown; offloads?: unknown }) => {
    const { name, type, optional, offloads } = device;
    if (typeof name !== "string" || !/^[A-Za-z0-9]{1,67}$/.test(name)) {
      throw new Error(`bad device name ${JSON.stringify(name)}: 1 to 67 letters and digits`);
    }
    if (seen.has(name)) throw new Error(`two devices are called ${JSON.stringify(name)}`);
    seen.add(name);
    if (type !== "NET_BASIC" && type !== "BLOCK_BASIC")
      throw new Error(`device ${name}: unknown type ${JSON.stringify(type)}`);
    if (optional === true && type === "BLOCK_BASIC") return { name, type, optional };
    return offloads === true && type === "NET_BASIC" ? { name, type, offloads } : { name, type };
  });
}

/** `struct mft` as the kernel and the tender read it. */
export function emitManifest(devices: readonly ManifestDevice[]): Uint8Array {
  const bytes = new Uint8Array(manifestSize(devices.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MFT_VERSION, true);
  view.setUint32(4, devices.length + 1, true);
  view.setUint32(8 + NAME_SIZE, RESERVED_FIRST, true);
  devices.forEach((device, index) => {
    const at = 8 + ENTRY_SIZE * (index + 1);
    bytes.set(new TextEncoder().encode(device.name), at);
    view.setUint32(at + NAME_SIZE, DEVICE_TYPES[device.type], true);
  });
  return bytes;
}

export function manifestNote(devices: readonly ManifestDevice[]): Note {
  const manifest = emitManifest(devices);
  const desc = new Uint8Array(NOTE_PADDING + manifest.length);
  desc.set(manifest, NOTE_PADDING);
  return { name: "Solo5", type: MANIFEST_NOTE, desc };
}

/** Of an spt base: where soloist-spt writes what it gives beyond Solo5, and to which network devices (the tender's README). */
export const HOST_NOTE = 0x54534f48;

/** The note of a base with the devices of an image. */
export function hostNote({ name, type, desc }: Note, devices: readonly ManifestDevice[]): Note {
  const filled = new Uint8Array(desc); // desc may be a Buffer, whose slice is a view
  let nets = 0n;
  devices.forEach(({ offloads }, index) => {
    if (offloads === true) nets |= 1n << BigInt(index + 1);
  });
  new DataView(filled.buffer).setBigUint64(8, nets, true);
  return { name, type, desc: filled };
}

export function abiNote(target: number, version: number): Note {
  const desc = new Uint8Array(16);
  const view = new DataView(desc.buffer);
  view.setUint32(0, target, true);
  view.setUint32(4, version, true);
  return { name: "Solo5", type: ABI_NOTE, desc };
}

export function parseAbiNote(note: Note): { target: number; version: number } {
  if (note.desc.length !== 16) throw new ImageError(`Solo5 ABI note of ${note.desc.length} bytes, expected 16`);
  const view = new DataView(note.desc.buffer, note.desc.byteOffset);
  return { target: view.getUint32(0, true), version: view.getUint32(4, true) };
}

export function parseManifestNote(note: Note): ManifestDevice[] {
  const { desc } = note;
  const view = new DataView(desc.buffer, desc.byteOffset, desc.byteLength);
  if (desc.length < NOTE_PADDING + manifestSize(0))
    throw new ImageError(`manifest note of ${desc.length} bytes is too short`);
  const version = view.getUint32(NOTE_PADDING, true);
  const entries = view.getUint32(NOTE_PADDING + 4, true);
  if (version !== MFT_VERSION) throw new ImageError(`manifest of version ${version}, expected ${MFT_VERSION}`);
  if (entries < 1 || entries > MAX_ENTRIES) throw new ImageError(`manifest with ${entries} entries`);
  if (desc.length !== NOTE_PADDING + manifestSize(entries - 1)) {
    throw new ImageError(`manifest note of ${desc.length} bytes for ${entries} entries`);
  }
  const devices: ManifestDevice[] = [];
  for (let index = 0; index < entries; index++) {
    const at = NOTE_PADDING + 8 + ENTRY_SIZE * index;
    const nameBytes = desc.subarray(at, at + NAME_SIZE);
    const end = nameBytes.indexOf(0);
    if (end < 0) throw new ImageError(`manifest entry ${index}: its name does not end`);
    const name = new TextDecoder("latin1").decode(nameBytes.subarray(0, end));
    const type = view.getUint32(at + NAME_SIZE, true);
    if (index === 0) {
      if (type !== RESERVED_FIRST || name !== "")
        throw new ImageError("the manifest's first entry is not the reserved one");
    } else if (type === DEVICE_TYPES.NET_BASIC) devices.push({ name, type: "NET_BASIC" });
    else if (type === DEVICE_TYPES.BLOCK_BASIC) devices.push({ name, type: "BLOCK_BASIC" });
    else throw new ImageError(`manifest entry ${index}: unknown device type ${type}`);
  }
  return devices;
}

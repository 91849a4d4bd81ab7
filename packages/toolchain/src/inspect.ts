import { readFileSync } from "node:fs";
import { alignUp, PT_LOAD, permissions } from "./elf/format.ts";
import { type Elf, parseElf } from "./elf/read.ts";
import {
  ABI_NOTE,
  ABI_TARGETS,
  MANIFEST_NOTE,
  type ManifestDevice,
  parseAbiNote,
  parseManifestNote,
} from "./elf/solo5.ts";
import { ImageError, UsageError } from "./errors.ts";
import { type ImageMetadata, isMetadata } from "./image.ts";

export interface ImageSegment {
  readonly address: number;
  /** Bytes in the file, and in memory. */
  readonly fileSize: number;
  readonly memorySize: number;
  /** `r-x` and the like. */
  readonly permissions: string;
}

/** All that is known of an image without running it. */
export interface ImageInfo {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly target: string;
  readonly abi: { readonly target: number; readonly version: number };
  readonly devices: readonly ManifestDevice[];
  readonly segments: readonly ImageSegment[];
  readonly entry: number;
  /** Bytes of memory up to the end of the last segment; a machine needs these and room for what the app allocates. */
  readonly memory: number;
  /** The rest is undefined for images that Soloist did not make. */
  readonly app?: string;
  readonly engine?: string;
  readonly modules?: readonly string[];
  /** Whether the app's top level was evaluated when the image was built. */
  readonly snapshot?: boolean;
}

/** Reads and checks an image. Throws an {@link ImageError}, or a {@link UsageError} when there is none: one line each. */
export function inspectImage(path: string): ImageInfo {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new UsageError(`${path}: no such file`);
    throw new ImageError(`${path}: ${(error as Error).message}`);
  }
  try {
    return describeImage(path, bytes);
  } catch (error) {
    if (error instanceof ImageError) throw new ImageError(`${path}: ${error.message}`);
    throw error;
  }
}

export function describeImage(file: string, bytes: Uint8Array): ImageInfo {
  const elf = parseElf(bytes);
  const abiNote = findNote(elf, ABI_NOTE);
  if (!abiNote) throw new ImageError("not a unikernel image: it has no Solo5 ABI note");
  const manifest = findNote(elf, MANIFEST_NOTE);
  if (!manifest) throw new ImageError("not a unikernel image: it has no manifest");
  const abi = parseAbiNote(abiNote);
  const loaded = elf.programHeaders.filter(({ type }) => type === PT_LOAD);
  const last = loaded[loaded.length - 1]!;
  const { optional = [], ...metadata } = readMetadata(elf);
  return {
    file,
    size: bytes.length,
    target: Object.entries(ABI_TARGETS).find(([, number]) => number === abi.target)?.[0] ?? `unknown (${abi.target})`,
    abi,
    devices: parseManifestNote(manifest).map((device) =>
      optional.includes(device.name) ? { ...device, optional: true } : device,
    ),
    segments: loaded.map((header) => ({
      address: header.vaddr,
      fileSize: header.fileSize,
      memorySize: header.memorySize,
      permissions: permissions(header.flags),
    })),
    entry: elf.entry,
    memory: alignUp(last.vaddr + last.memorySize, 4096),
    ...metadata,
  };
}

function findNote(elf: Elf, type: number) {
  return elf.notes.find((note) => note.name === "Solo5" && note.type === type);
}

function readMetadata(elf: Elf): Partial<Omit<ImageMetadata, "target">> {
  const note = elf.notes.find(isMetadata);
  if (!note) return {};
  let metadata: ImageMetadata;
  try {
    metadata = JSON.parse(new TextDecoder().decode(note.desc)) as ImageMetadata;
  } catch {
    throw new ImageError("its Soloist note is damaged");
  }
  const { app, engine, modules, snapshot, memory, optional = [] } = metadata;
  if (
    typeof app !== "string" ||
    typeof engine !== "string" ||
    !Array.isArray(modules) ||
    typeof memory !== "number" ||
    !Array.isArray(optional)
  ) {
    throw new ImageError("its Soloist note is damaged");
  }
  return { app, engine, modules, snapshot, memory, optional };
}

import { SoloistError } from "@soloist/interface";
import { type Directory, readDirectory } from "./directory.ts";
import { FILE_BR, FILE_GZIP, FILE_IDENTITY, FILE_MODIFIED, NO_BLOB } from "./layout.ts";
import type { Asset, Assets, Variant } from "./types.ts";

const CHUNK = 65536;

/**
 * Reads an archive. Checks all of its index once (FORMAT.md says what); the content of files is neither read nor copied.
 *
 * Throws an {@link ArchiveError} when the archive is damaged.
 *
 * @example const assets = openArchive(await readFile("public.crunch"));
 */
export function openArchive<Path extends string = string>(bytes: Uint8Array): Assets<Path> {
  return new Archive(bytes) as Assets<string> as Assets<Path>;
}

class Archive implements Assets {
  readonly #directory: Directory;
  readonly #byPath = new Map<string, number>();
  /** Made when first asked for: a server touches few files of many. */
  readonly #assets: (Asset | undefined)[];

  constructor(bytes: Uint8Array) {
    this.#directory = readDirectory(bytes);
    const { paths } = this.#directory;
    for (let index = 0; index < paths.length; index++) this.#byPath.set(paths[index]!, index);
    this.#assets = paths.map(() => undefined);
  }

  get count(): number {
    return this.#directory.paths.length;
  }

  lookup(path: string): Asset | undefined {
    const index = this.#byPath.get(path);
    if (index === undefined) return undefined;
    return this.#assets[index] ?? this.#make(index);
  }

  file(path: string): Asset {
    const asset = this.lookup(path);
    if (asset === undefined)
      throw new SoloistError("ENOENT", `there is no file ${JSON.stringify(path)} in the archive`);
    return asset;
  }

  stat(path: string): Asset | undefined {
    return this.lookup(path);
  }

  read(path: string): Uint8Array | undefined {
    return this.lookup(path)?.bytes;
  }

  *list(): Iterable<Asset> {
    for (let index = 0; index < this.count; index++) yield this.#assets[index] ?? this.#make(index);
  }

  text(path: string): string {
    return new TextDecoder().decode(this.file(path).bytes);
  }

  slice(path: string, start: number, end?: number): Uint8Array {
    const { bytes } = this.file(path);
    const to = end ?? bytes.length;
    if (!(Number.isInteger(start) && Number.isInteger(to) && start >= 0 && start <= to && to <= bytes.length)) {
      throw new SoloistError("ERANGE", `${path} has ${bytes.length} bytes; ${start} to ${to} are not among them`);
    }
    return bytes.subarray(start, to);
  }

  chunks(path: string, options: { size?: number; start?: number; end?: number } = {}): Iterable<Uint8Array> {
    const { size = CHUNK, start = 0, end } = options;
    if (!(Number.isInteger(size) && size > 0)) throw new SoloistError("ERANGE", `pieces of ${size} bytes`);
    return cut(this.slice(path, start, end), size);
  }

  #make(index: number): Asset {
    const directory = this.#directory;
    const identity = this.#variant("identity", directory.fileField(index, FILE_IDENTITY))!;
    const gzip = this.#variant("gzip", directory.fileField(index, FILE_GZIP));
    const br = this.#variant("br", directory.fileField(index, FILE_BR));
    const variants = [identity, gzip, br].filter((variant) => variant !== undefined);
    const asset: Asset = {
      path: directory.paths[index]!,
      size: identity.bytes.length,
      type: directory.type(index),
      lastModified: directory.date(index),
      modified: directory.fileNumber(index, FILE_MODIFIED),
      bytes: identity.bytes,
      etag: identity.etag,
      identity,
      gzip,
      br,
      variants: variants.sort((a, b) => a.bytes.length - b.bytes.length),
    };
    this.#assets[index] = asset;
    return asset;
  }

  #variant(encoding: Variant["encoding"], blob: number): Variant | undefined {
    if (blob === NO_BLOB) return undefined;
    return { encoding, bytes: this.#directory.blob(blob), etag: this.#directory.etag(blob) };
  }
}

function* cut(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

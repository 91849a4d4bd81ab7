import { readFile } from "node:fs/promises";
import { lookup } from "mrmime";
import { MAX_ARCHIVE } from "../layout.ts";
import { compress } from "./compress.ts";
import { emitArchive, type PreparedFile } from "./emit.ts";
import { CrunchError } from "./errors.ts";
import { type ScanOptions, type SourceFile, scanFolder, unreadable } from "./scan.ts";

export interface Progress {
  readonly folder: string;
  readonly files: number;
  readonly totalFiles: number;
  /** Bytes of the sources. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface CrunchOptions extends ScanOptions {
  /** Whether to make brotli and gzip variants. Default: true. */
  readonly compress?: boolean;
  /** Last-modified of every file, seconds since 1970. Default: `SOURCE_DATE_EPOCH` of the environment, else each file's own. */
  readonly modified?: number;
  /** Content-Type by extension ("wasm"), before the built-in table. */
  readonly types?: Readonly<Record<string, string>>;
  /** Most bytes of all sources together. Default: 1 GiB. */
  readonly maxBytes?: number;
  readonly progress?: (progress: Progress) => void;
}

export interface Crunched {
  readonly archive: Uint8Array<ArrayBuffer>;
  readonly paths: readonly string[];
  /** Files and folders that the archive depends on. */
  readonly sources: readonly string[];
  /** Bytes of the sources. */
  readonly sourceBytes: number;
}

const MAX_BYTES = 2 ** 30;
/** Compressions at a time; libuv has four threads. */
const PARALLEL = 4;

/**
 * Makes an archive of a folder. The same folder gives the same bytes: files are sorted, nothing of this machine is stored, and
 * times come from the files or from SOURCE_DATE_EPOCH.
 *
 * Throws a {@link CrunchError}.
 *
 * @example
 * const { archive, paths } = await crunch("public", { progress: ({ files, totalFiles }) => console.log(files, totalFiles) });
 */
export async function crunch(folder: string, options: CrunchOptions = {}): Promise<Crunched> {
  const { maxBytes = MAX_BYTES, progress = () => {} } = options;
  const modified = options.modified ?? sourceDateEpoch(process.env);
  const found = scanFolder(folder, options);
  const totalBytes = found.reduce((sum, { size }) => sum + size, 0);
  const limit = Math.min(maxBytes, MAX_ARCHIVE);
  if (totalBytes > limit) {
    const largest = found.reduce((a, b) => (b.size > a.size ? b : a));
    const message = `has ${totalBytes} bytes, ${limit} are allowed; the largest file, ${largest.path}, has ${largest.size}`;
    throw new CrunchError("ERR_CRUNCH_TOO_LARGE", folder, message);
  }

  const files: PreparedFile[] = new Array(found.length);
  const done = { folder, files: 0, totalFiles: found.length, bytes: 0, totalBytes };
  let next = 0;
  const work = async () => {
    for (let index = next++; index < found.length; index = next++) {
      files[index] = await prepare(found[index]!, modified, options);
      done.files++;
      done.bytes += files[index]!.bytes.length;
      progress({ ...done });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));

  const stored = files.reduce(
    (sum, file) => sum + file.bytes.length + (file.br?.length ?? 0) + (file.gzip?.length ?? 0),
    0,
  );
  if (stored > limit * 2 || stored > MAX_ARCHIVE / 2) {
    throw new CrunchError("ERR_CRUNCH_TOO_LARGE", folder, `has ${stored} bytes with its compressed variants`);
  }
  return {
    archive: emitArchive(files),
    paths: found.map(({ path }) => path),
    sources: found.map(({ source }) => source),
    sourceBytes: done.bytes,
  };
}

async function prepare(file: SourceFile, modified: number | undefined, options: CrunchOptions): Promise<PreparedFile> {
  const bytes = await readFile(file.source).catch((cause: unknown) => {
    throw unreadable(file.source, cause);
  });
  const type = typeOf(file.path, options.types);
  const variants = options.compress === false ? { br: undefined, gzip: undefined } : await compress(bytes, type);
  return { path: file.path, type, modified: modified ?? file.modified, bytes, ...variants };
}

/** Text is UTF-8 nowadays; without the parameter, browsers guess (HTML 4.2.5.4, RFC 9110 8.3.2). */
function typeOf(path: string, own: CrunchOptions["types"]): string {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const type = own?.[extension] ?? lookup(extension) ?? "application/octet-stream";
  return /^text\/|^application\/(?:json|javascript|manifest\+json)$|^image\/svg\+xml$/.test(type)
    ? `${type};charset=utf-8`
    : type;
}

/** reproducible-builds.org/specs/source-date-epoch: decimal seconds, or nothing. */
function sourceDateEpoch(environment: NodeJS.ProcessEnv): number | undefined {
  const value = environment.SOURCE_DATE_EPOCH;
  if (value === undefined || value === "") return undefined;
  if (!/^\d{1,12}$/.test(value)) {
    throw new CrunchError(
      "ERR_CRUNCH_DATE",
      "SOURCE_DATE_EPOCH",
      `${JSON.stringify(value)} is not a number of seconds`,
    );
  }
  return Number(value);
}

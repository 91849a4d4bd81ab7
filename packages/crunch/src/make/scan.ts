import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { resolve, sep } from "node:path";
import { pathFault } from "../path.ts";
import { CrunchError } from "./errors.ts";

/** A file of a folder. */
export interface SourceFile {
  /** In the archive. */
  readonly path: string;
  /** On this machine. */
  readonly source: string;
  /** Bytes, when it was looked at. */
  readonly size: number;
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly modified: number;
}

export interface ScanOptions {
  /** Whether to take names that begin with a dot. `.well-known` is always taken; `.git`, `.env` and the like are not by default. */
  readonly dot?: boolean;
  /** False leaves a path out; folders end with "/". */
  readonly filter?: (path: string) => boolean;
}

/**
 * All files of a folder, in the order of their paths' UTF-8 bytes. Symbolic links are followed as long as they stay inside.
 *
 * Throws a {@link CrunchError}.
 */
export function scanFolder(folder: string, options: ScanOptions = {}): SourceFile[] {
  const root = attempt(folder, () => realpathSync(folder));
  if (!attempt(folder, () => statSync(root)).isDirectory()) {
    throw new CrunchError("ERR_CRUNCH_UNREADABLE", folder, "is not a folder");
  }
  const files: SourceFile[] = [];
  const sources = new Map<string, string>();

  const visit = (source: string, path: string, around: readonly string[]) => {
    for (const bytes of attempt(source, () => readdirSync(source, { encoding: "buffer" }))) {
      const raw = decodeName(bytes, source);
      // Composed: the same folder gives the same paths on file systems that decompose names.
      const name = raw.normalize("NFC");
      if (name.startsWith(".") && name !== ".well-known" && !options.dot) continue;
      const child = `${path}/${name}`;
      const childSource = resolve(source, raw);
      const stats = follow(childSource, root);
      const isFolder = stats.isDirectory();
      if (options.filter?.(isFolder ? `${child}/` : child) === false) continue;
      if (isFolder) {
        const real = attempt(childSource, () => realpathSync(childSource));
        if (around.includes(real)) {
          throw new CrunchError("ERR_CRUNCH_LOOP", childSource, "leads to a folder that it is in");
        }
        visit(childSource, child, [...around, real]);
        continue;
      }
      if (!stats.isFile()) throw new CrunchError("ERR_CRUNCH_KIND", childSource, "is neither a file nor a folder");
      const fault = pathFault(child);
      if (fault !== undefined) throw new CrunchError("ERR_CRUNCH_NAME", childSource, `as a path, ${child} ${fault}`);
      const other = sources.get(child);
      if (other !== undefined) {
        throw new CrunchError("ERR_CRUNCH_COLLISION", childSource, `has the same path, ${child}, as ${other}`);
      }
      sources.set(child, childSource);
      files.push({ path: child, source: childSource, size: stats.size, modified: Math.floor(stats.mtimeMs / 1000) });
    }
  };
  visit(root, "", [root]);
  return files.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

/** What a name stands for. Links may lead anywhere inside of the folder. */
function follow(source: string, root: string): Stats {
  const stats = attempt(source, () => lstatSync(source));
  if (!stats.isSymbolicLink()) return stats;
  const real = attempt(source, () => realpathSync(source));
  if (real !== root && !real.startsWith(root + sep)) {
    throw new CrunchError("ERR_CRUNCH_ESCAPE", source, `is a link out of the folder, to ${real}`);
  }
  return attempt(source, () => statSync(source));
}

function decodeName(bytes: Buffer, folder: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CrunchError("ERR_CRUNCH_NAME", resolve(folder, bytes.toString("latin1")), "the name is not UTF-8", {
      cause,
    });
  }
}

export function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export function unreadable(path: string, cause: unknown): CrunchError {
  const { code } = cause as NodeJS.ErrnoException;
  const why =
    code === "ENOENT"
      ? "does not exist (or links to what does not)"
      : code === "EACCES"
        ? "may not be read by this user"
        : (cause as Error).message;
  return new CrunchError("ERR_CRUNCH_UNREADABLE", path, why, { cause });
}

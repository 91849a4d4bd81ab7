/** One file of an archive. */
export interface TarFile {
  /** Relative, with slashes, in ASCII. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
}

const BLOCK = 512;
const NAME_SIZE = 100;

/**
 * A tar archive (POSIX ustar) of files and the folders above them, all of root and of the second 0: the same files, the same
 * bytes.
 */
export function emitTar(files: readonly TarFile[]): Uint8Array {
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)));
  const entries = [
    ...[...folders].map((path) => ({ path: `${path}/`, content: new Uint8Array(0), mode: 0o755, type: "5" })),
    ...files.map((file) => ({ ...file, type: "0" })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  const parts: Uint8Array[] = [];
  for (const { path, content, mode, type } of entries) {
    parts.push(header(path, content.length, mode, type), content);
    parts.push(new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK));
  }
  return Buffer.concat([...parts, new Uint8Array(2 * BLOCK)]);
}

function foldersOf(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

function header(path: string, size: number, mode: number, type: string): Uint8Array {
  if (path.length > NAME_SIZE || !/^[\x20-\x7e]+$/.test(path)) {
    throw new RangeError(`${path}: names in the archive are ASCII, ${NAME_SIZE} characters at most`);
  }
  const bytes = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number, at: number) =>
    bytes.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at, "latin1");
  bytes.write(path, 0, "latin1");
  octal(mode, 8, 100);
  octal(0, 8, 108);
  octal(0, 8, 116);
  octal(size, 12, 124);
  octal(0, 12, 136);
  bytes.write("        ", 148, "latin1"); // the checksum counts as spaces while it is made
  bytes.write(type, 156, "latin1");
  bytes.write("ustar\x0000", 257, "latin1");
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}

/** What is known of a file without reading it. */
export interface FileStat {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** A read-only tree of files. Paths start with "/" and are separated by "/". */
export interface ReadFs {
  list(): Iterable<FileStat>;
  stat(path: string): FileStat | undefined;
  /** The bytes of a file, shared, not copied; `undefined` when there is none. */
  read(path: string): Uint8Array | undefined;
}

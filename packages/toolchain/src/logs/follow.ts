import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

const CHUNK = 65_536;
const POLL_MS = 200;
const NEWLINE = 10;

/** Where the last `lines` lines of a file start. */
export function tailOffset(path: string, lines: number): number {
  const file = openSync(path, "r");
  try {
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(CHUNK);
    let found = 0;
    for (let end = size; end > 0; ) {
      const from = Math.max(0, end - CHUNK);
      const length = readSync(file, buffer, 0, end - from, from);
      for (let at = length - 1; at >= 0; at--) {
        // A newline at the very end ends the last line, and starts none.
        if (buffer[at] !== NEWLINE || from + at === size - 1) continue;
        if (++found === lines) return from + at + 1;
      }
      end = from;
    }
    return 0;
  } finally {
    closeSync(file);
  }
}

/** Writes a file from an offset on to its present end; returns that end. */
export function copyFrom(path: string, offset: number, write: (bytes: Uint8Array) => void): number {
  const file = openSync(path, "r");
  try {
    for (let at = offset; ; ) {
      const buffer = Buffer.alloc(CHUNK);
      const length = readSync(file, buffer, 0, CHUNK, at);
      if (length === 0) return at;
      write(buffer.subarray(0, length));
      at += length;
    }
  } finally {
    closeSync(file);
  }
}

export interface FollowOptions {
  readonly offset: number;
  readonly signal: AbortSignal;
  write(bytes: Uint8Array): void;
  /** Whether more may come; what was written until it said no is still shown. */
  isRunning(): boolean;
}

/** Shows what is added to a file, from its start when it begins anew, until nobody writes any more. */
export async function follow(path: string, { offset, signal, write, isRunning }: FollowOptions): Promise<void> {
  let at = offset;
  for (;;) {
    const running = isRunning();
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size < at) at = 0;
    if (size > at) at = copyFrom(path, at, write);
    if (!running || signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

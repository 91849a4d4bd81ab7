import { closeSync, ftruncateSync, openSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { parseAssignment } from "./options.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const BLOCK_SIZE = 512;

/** `[NAME=]FILE[,size=16M]`: with a size, a file that is not there is made, of zeros. */
export function openDisk(text: string): { readonly name?: string; readonly value: string } {
  const match = /^(.*),size=(\d+)([kmg]?)$/i.exec(text);
  const assignment = parseAssignment("--block", match?.[1] ?? text);
  const path = resolve(assignment.value);
  const exists = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (!exists && !match) {
    throw new UsageError(`--block ${assignment.value}: no such file; ${assignment.value},size=16M makes it`);
  }
  if (!exists && match) {
    const size = Number(match[2]) * UNITS[match[3]!.toLowerCase()]!;
    if (size < BLOCK_SIZE || size % BLOCK_SIZE !== 0) {
      throw new UsageError(`--block ${text}: a disk is a multiple of ${BLOCK_SIZE} bytes`);
    }
    try {
      const file = openSync(path, "wx");
      ftruncateSync(file, size);
      closeSync(file);
    } catch (error) {
      throw new UsageError(`--block ${assignment.value}: ${(error as Error).message}`);
    }
  }
  return { ...assignment, value: path };
}

/** `fs`: there, so that clients that may read a file (a password, a certificate) load; whatever touches one throws. */
import { refuses } from "../errors.ts";

const WHY = "an image has no file system; files become modules with @soloist/crunch";

export const readFileSync: (...args: unknown[]) => never = refuses("fs.readFileSync", WHY);
export const writeFileSync: (...args: unknown[]) => never = refuses("fs.writeFileSync", WHY);
export const statSync: (...args: unknown[]) => never = refuses("fs.statSync", WHY);
export const readdirSync: (...args: unknown[]) => never = refuses("fs.readdirSync", WHY);
export const openSync: (...args: unknown[]) => never = refuses("fs.openSync", WHY);
export const readFile: (...args: unknown[]) => never = refuses("fs.readFile", WHY);
export const writeFile: (...args: unknown[]) => never = refuses("fs.writeFile", WHY);
export const createReadStream: (...args: unknown[]) => never = refuses("fs.createReadStream", WHY);
export const createWriteStream: (...args: unknown[]) => never = refuses("fs.createWriteStream", WHY);

/** Nothing exists. */
export function existsSync(_path: unknown): boolean {
  return false;
}

/** As for a file that is not there. */
export function stat(path: unknown, ...rest: unknown[]): void {
  const done = rest.at(-1) as (error: Error) => void;
  const error = Object.assign(new Error(`ENOENT: no such file or directory, stat '${path}'`), { code: "ENOENT" });
  queueMicrotask(() => done(error));
}

export default {
  readFileSync,
  writeFileSync,
  statSync,
  readdirSync,
  openSync,
  readFile,
  writeFile,
  createReadStream,
  createWriteStream,
  existsSync,
  stat,
};

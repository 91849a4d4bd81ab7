import { SoloistError } from "@soloist/interface";

/**
 * A folder that cannot be made into an archive. `code` is one of
 *
 * - `ERR_CRUNCH_UNREADABLE`: a file or folder could not be read; `cause` is Node's error.
 * - `ERR_CRUNCH_ESCAPE`: a symbolic link leads out of the folder.
 * - `ERR_CRUNCH_LOOP`: a symbolic link leads to a folder around it.
 * - `ERR_CRUNCH_NAME`: a name is not UTF-8, or holds what paths cannot (`\`, control characters).
 * - `ERR_CRUNCH_COLLISION`: two names are one path.
 * - `ERR_CRUNCH_KIND`: neither file nor folder: a socket, a device.
 * - `ERR_CRUNCH_TOO_LARGE`: more bytes than allowed.
 * - `ERR_CRUNCH_DATE`: SOURCE_DATE_EPOCH is not a number.
 */
export class CrunchError extends SoloistError {
  /** On this machine. */
  readonly path: string;

  constructor(code: string, path: string, message: string, options?: { cause?: unknown }) {
    super(code, `${path}: ${message}`, options);
    this.path = path;
  }
}

import { SoloistError } from "@soloist/interface";

/** An archive is not one, or was damaged. `code` is `ERR_CRUNCH_FORMAT`. */
export class ArchiveError extends SoloistError {
  constructor(message: string) {
    super("ERR_CRUNCH_FORMAT", `not a valid archive: ${message}`);
  }
}

import { SoloistError } from "@soloist/interface";

/** A function of Node.js that has no meaning in an image, or no implementation here yet: `ENOSYS`. */
export class NotSupportedError extends SoloistError {
  /** What was called: `tls.connect`. */
  readonly syscall: string;

  constructor(name: string, reason: string) {
    super("ENOSYS", `${name} is not supported in a unikernel: ${reason}`);
    this.syscall = name;
  }
}

/** Throws a {@link NotSupportedError} when it is called. */
export function refuses(name: string, reason: string): (...args: unknown[]) => never {
  return () => {
    throw new NotSupportedError(name, reason);
  };
}

/** An error as Node's own modules throw them for bad arguments, with a `code`. */
export function argumentError(code: string, message: string): Error {
  return Object.assign(new TypeError(message), { code });
}

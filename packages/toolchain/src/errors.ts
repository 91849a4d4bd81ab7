/** The command line was wrong. The `soloist` command prints the message and exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** An app could not be made into an image. `message` may have several lines: what, where, what to do. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/** A file is not an image, or a damaged one. The message is one line. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}

/** An image could not be started: a tool is missing, a port is taken, a device was not attached. */
export class RunError extends Error {
  override readonly name = "RunError";
}

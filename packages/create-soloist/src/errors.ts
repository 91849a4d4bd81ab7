/** The command was used wrongly: one line that says how, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Ctrl-C at a question. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

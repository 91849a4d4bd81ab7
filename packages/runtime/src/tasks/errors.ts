import { SoloistError } from "@soloist/interface";

/**
 * Work was given up because somebody cancelled it: code `ECANCELED`. Its name is "AbortError", as web APIs name the same.
 */
export class CancelledError extends SoloistError {
  constructor(message = "the task was cancelled", options?: { cause?: unknown }) {
    super("ECANCELED", message, options);
    this.name = "AbortError";
  }
}

/** Work did not end in time: code `ETIMEDOUT`. */
export class TimeoutError extends SoloistError {
  constructor(milliseconds: number) {
    super("ETIMEDOUT", `not done within ${milliseconds} ms`);
  }
}

/** A scope's body ended and left a task that was neither awaited nor cancelled: code `ERR_NOT_AWAITED`. */
export class NotAwaitedError extends SoloistError {
  constructor(names: readonly string[]) {
    super(
      "ERR_NOT_AWAITED",
      `the scope ended and nobody awaited or cancelled ${names.join(", ")}; await it, or spawn it with background()`,
    );
  }
}

/** A scope was used after its end: code `ERR_SCOPE_ENDED`. */
export class ScopeEndedError extends SoloistError {
  constructor() {
    super("ERR_SCOPE_ENDED", "the scope has ended; tasks are spawned while its body runs");
  }
}

import { clearTimeout, setTimeout } from "node:timers";
import type { After } from "@soloist/net";

/** Limits waits by the host's timers. */
export const after: After = (milliseconds, passed) => {
  const timer = setTimeout(passed, milliseconds);
  return () => clearTimeout(timer);
};

import type { LogStream } from "./merged-log.ts";

/** How long others wait for an app, from when it booted, before they boot without it. */
export const LONGEST_WAIT_MS = 60_000;
/** Who waits longer than this says so. */
const QUIET_WAIT_MS = 3000;

/** Whether an app listens, for those that depend on it. */
export interface Readiness {
  booted(): void;
  listens(): void;
  /** Resolves when the app listens, has not said so for {@link LONGEST_WAIT_MS}, or `end` is aborted. `log`: of the one that waits. */
  awaited(log: Pick<LogStream, "note">, end: AbortSignal): Promise<void>;
}

export function createReadiness(name: string, log: Pick<LogStream, "note">): Readiness {
  let isReady = false;
  let timer: NodeJS.Timeout | undefined;
  const waiting = new Set<() => void>();
  const ready = (): void => {
    isReady = true;
    clearTimeout(timer);
    for (const go of waiting) go();
    waiting.clear();
  };
  return {
    booted() {
      if (isReady || timer !== undefined) return;
      timer = setTimeout(() => {
        if (waiting.size > 0) {
          log.note(`has not said within ${LONGEST_WAIT_MS / 1000} s that it listens; what depends on it boots now`);
        }
        ready();
      }, LONGEST_WAIT_MS);
      timer.unref();
    },
    listens: ready,
    awaited(log, end) {
      if (isReady || end.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const patience = setTimeout(() => log.note(`waits for ${name} to say that it listens`), QUIET_WAIT_MS);
        const go = (): void => {
          clearTimeout(patience);
          end.removeEventListener("abort", go);
          resolve();
        };
        waiting.add(go);
        end.addEventListener("abort", go, { once: true });
      });
    },
  };
}

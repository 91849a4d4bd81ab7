const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const CODE_PIPE = 141;

let last = 0;

/** The exit code for a signal that came, 0 when none did. */
export const interruptionCode = (): number => last;

/** Turns Ctrl-C and its kin into an abort. `code`: the exit code for it, 0 when there was none. */
export function interruption(): { readonly signal: AbortSignal; readonly code: () => number } {
  const controller = new AbortController();
  let code = 0;
  const end = (reason: number) => () => {
    code = reason;
    last = reason;
    controller.abort();
  };
  for (const [name, reason] of Object.entries(CODES)) process.on(name, end(reason));
  // Nobody reads the console any more, as in `soloist run | head`.
  process.stdout.on("error", end(CODE_PIPE));
  return { signal: controller.signal, code: () => code };
}

import type { Logger } from "@soloist/interface";

let logger: Logger | undefined;

/** Says from now on what goes wrong to the logger "web" of a host; without one, to the console. */
export function useLog(loggers: ((source: string) => Logger) | undefined): void {
  logger = loggers?.("web");
}

/** Something failed that no client may be told of. */
export function logFailure(what: string, error: unknown): void {
  if (logger === undefined) console.error(`${what}:`, error);
  else logger.error(what, { error });
}

/** A client broke the protocol or a limit: its own affair, unless somebody looks. */
export function logRefusal(code: string, flow: { readonly remote: { readonly address: string } }): void {
  if (logger?.level === 0) logger.debug("refused", { code, remote: flow.remote.address });
}

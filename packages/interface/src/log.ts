/** What a message is about, as values by name: `{ remote: "10.0.0.1", port: 80 }`. An Error belongs under `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * A named source of messages, such as `net.tcp`. The command line says which of them are printed: `--log=net.tcp=debug`.
 *
 * @example
 * if (log.level === 0) log.debug("opened", { remote: c.remoteAddress });
 */
export interface Logger {
  /**
   * The least level that is printed: 0 debug, 1 info, 2 warn, 3 error, 4 nothing. It may change at boot and later. Hot paths
   * compare it before they make fields; elsewhere there is no need.
   */
  readonly level: number;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

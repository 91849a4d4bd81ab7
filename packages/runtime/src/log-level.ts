import type { Parameter } from "@soloist/interface";
import { oneOf } from "./parse.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Key that every app has. */
export const logLevel: Parameter<LogLevel> = {
  name: "log-level",
  help: `least level that console prints: ${LOG_LEVELS.join(", ")}`,
  placeholder: "LEVEL",
  default: "debug",
  parse: oneOf(...LOG_LEVELS),
};

let threshold = 0;

/** Whether messages of `level`, an index of {@link LOG_LEVELS}, are printed. */
export function isLogged(level: number): boolean {
  return level >= threshold;
}

/**
 * Sets the least level that console prints; `console.log` and `console.info` are of level "info".
 *
 * The command line's `--log-level=LEVEL` sets it before main is called.
 */
export function setLogLevel(level: LogLevel): void {
  threshold = LOG_LEVELS.indexOf(level);
}

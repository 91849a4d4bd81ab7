import type { Logger } from "@soloist/interface";

/** {@link Logger.level} at which everything is printed. */
export const DEBUG = 0;

/** What a part of the stack has until it is given a logger. */
export const SILENT: Logger = { level: 4, debug() {}, info() {}, warn() {}, error() {} };

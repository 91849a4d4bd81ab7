import type { LogFields, Logger } from "@soloist/interface";
import { formatLine } from "./log-line.ts";
import { type LogLevel, levelOf, parseLogRules } from "./log-rules.ts";
import { consoleWrite, monotonic, wall } from "./platform.ts";

const DEBUG = 0;
const INFO = 1;
const WARN = 2;
const ERROR = 3;

/** What nobody gave a level: all of what the app prints itself, and what other sources have to say in the ordinary way. */
const DEFAULT_RULES = parseLogRules("console=debug,*=info");

let rules = DEFAULT_RULES;
let isJson = false;
let isBooted = false;

class SourceLogger implements Logger {
  level: number;
  readonly source: string;

  constructor(source: string) {
    this.source = source;
    this.level = levelFor(source);
  }

  debug(message: string, fields?: LogFields): void {
    if (this.level <= DEBUG) this.write(DEBUG, message, fields);
  }

  info(message: string, fields?: LogFields): void {
    if (this.level <= INFO) this.write(INFO, message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    if (this.level <= WARN) this.write(WARN, message, fields);
  }

  error(message: string, fields?: LogFields): void {
    if (this.level <= ERROR) this.write(ERROR, message, fields);
  }

  write(level: number, message: string, fields?: LogFields): void {
    // While an app's top level is evaluated at build time there are no clocks.
    const times = isBooted ? { sinceBoot: monotonic(), wall: isJson ? wall() : 0 } : undefined;
    consoleWrite(formatLine(isJson, times, level, this.source, message, fields));
  }
}

const loggers = new Map<string, SourceLogger>();

/**
 * The logger called `source`: letters, digits, "-" and "_", parts joined by dots. Prints from level "info" on, unless the command
 * line's `--log` or {@link setLogLevel} say otherwise.
 *
 * @example
 * const orders = log("shop.orders");
 * orders.info("shipped", { id: 7, to: "Ada" });
 * // [    3.141] info shop.orders: shipped id=7 to=Ada
 */
export function log(source: string): Logger {
  let logger = loggers.get(source);
  if (logger === undefined) {
    logger = new SourceLogger(source);
    loggers.set(source, logger);
  }
  return logger;
}

/** What console's methods go through: a source called "console". */
export const consoleLogger = log("console") as SourceLogger;

/** Whether each message is a line of JSON. */
export function isJsonLog(): boolean {
  return isJson;
}

/** Called at boot with the values of the command line. */
export function configureLog(text: string | undefined, format: "text" | "json"): void {
  isBooted = true;
  isJson = format === "json";
  if (text !== undefined) setRules(parseLogRules(text));
}

/**
 * Sets the least level that is printed: of `source` and of the sources below it (`net` and `net.tcp`), or of all.
 * `console.log` and `console.info` are of level "info", and console is a source called "console".
 *
 * @throws RangeError for what is no level or source
 */
export function setLogLevel(level: LogLevel, source = "*"): void {
  setRules(parseLogRules(`${source}=${level}`));
}

function setRules(added: ReturnType<typeof parseLogRules>): void {
  // Whoever sets all sources means console, too.
  rules = new Map(added.has("*") ? added : [...rules, ...added]);
  for (const logger of loggers.values()) logger.level = levelFor(logger.source);
}

function levelFor(source: string): number {
  return levelOf(rules, source);
}

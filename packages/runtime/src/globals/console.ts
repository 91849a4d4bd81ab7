import { format } from "../format.ts";
import { type InspectOptions, inspect } from "../inspect.ts";
import { consoleLogger, isJsonLog } from "../log.ts";
import { consoleWrite, monotonic } from "../platform.ts";

const DEBUG = 0;
const INFO = 1;
const WARN = 2;
const ERROR = 3;

let indentation = "";
const counts = new Map<string, number>();
const starts = new Map<string, number>();

function print(level: number, text: string): void {
  if (level < consoleLogger.level) return;
  if (isJsonLog()) {
    consoleLogger.write(level, text);
    return;
  }
  consoleWrite(indentation === "" ? `${text}\n` : `${indentation}${text.replaceAll("\n", `\n${indentation}`)}\n`);
}

function elapsed(label: string): string | undefined {
  const start = starts.get(label);
  if (start === undefined) {
    print(WARN, `No such label '${label}' for console.time()`);
    return undefined;
  }
  return `${label}: ${Number((monotonic() - start).toFixed(3))}ms`;
}

/** All levels go to the machine's one console; `--log` says what is printed, and how. */
export const console = {
  debug: (...data: unknown[]) => print(DEBUG, format(data)),
  log: (...data: unknown[]) => print(INFO, format(data)),
  info: (...data: unknown[]) => print(INFO, format(data)),
  warn: (...data: unknown[]) => print(WARN, format(data)),
  error: (...data: unknown[]) => print(ERROR, format(data)),
  trace(...data: unknown[]) {
    const stack = (new Error().stack ?? "").split("\n").filter((line) => /^ +at /.test(line));
    print(ERROR, [`Trace${data.length > 0 ? `: ${format(data)}` : ""}`, ...stack.slice(1)].join("\n"));
  },
  dir: (value: unknown, options?: InspectOptions) => print(INFO, inspect(value, options)),
  assert(condition?: unknown, ...data: unknown[]) {
    if (condition) return;
    print(ERROR, data.length === 0 ? "Assertion failed" : `Assertion failed: ${format(data)}`);
  },
  group(...data: unknown[]) {
    if (data.length > 0) print(INFO, format(data));
    indentation += "  ";
  },
  groupEnd() {
    indentation = indentation.slice(2);
  },
  count(label = "default") {
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    print(INFO, `${label}: ${count}`);
  },
  countReset(label = "default") {
    counts.delete(label);
  },
  time(label = "default") {
    if (starts.has(label)) print(WARN, `Label '${label}' already exists for console.time()`);
    else starts.set(label, monotonic());
  },
  timeLog(label = "default", ...data: unknown[]) {
    const text = elapsed(label);
    if (text !== undefined) print(INFO, format([text, ...data]));
  },
  timeEnd(label = "default") {
    const text = elapsed(label);
    if (text !== undefined) print(INFO, text);
    starts.delete(label);
  },
};

export { console as "globalThis.console" };

import type { Parameter } from "@soloist/interface";
import { oneOf } from "./parse.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Least levels, as indexes of {@link LOG_LEVELS}, by source; "*": all others. */
export type LogRules = ReadonlyMap<string, number>;

const SOURCE = /^(?:\*|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)$/;

/** `net.tcp=debug,web=info,*=warn`; a level alone is for all. Throws a RangeError that says what was expected. */
export function parseLogRules(text: string): LogRules {
  const rules = new Map<string, number>();
  for (const item of text.split(",")) {
    const equals = item.indexOf("=");
    const source = equals < 0 ? "*" : item.slice(0, equals);
    const level = LOG_LEVELS.indexOf(item.slice(equals + 1) as LogLevel);
    if (!SOURCE.test(source) || level < 0) {
      throw new RangeError(`expected SOURCE=LEVEL,… with ${LOG_LEVELS.join(", ")}, not ${JSON.stringify(item)}`);
    }
    rules.set(source, level);
  }
  return rules;
}

/** The level of a source: that of its longest part that a rule names, else that of "*". */
export function levelOf(rules: LogRules, source: string): number {
  for (let name = source; ; name = name.slice(0, name.lastIndexOf("."))) {
    const level = rules.get(name);
    if (level !== undefined) return level;
    if (!name.includes(".")) return rules.get("*") ?? 0;
  }
}

/** Keys that every app has. */
export const logRules: Parameter<string> = {
  name: "log",
  help: `what is printed: ${LOG_LEVELS.join(", ")}; for all, or as in net.tcp=debug,*=warn`,
  placeholder: "LEVELS",
  parse: (text) => {
    parseLogRules(text);
    return text;
  },
};

export const logFormat: Parameter<"text" | "json"> = {
  name: "log-format",
  help: "text, or json: an object a line",
  placeholder: "FORMAT",
  default: "text",
  parse: oneOf("text", "json"),
};

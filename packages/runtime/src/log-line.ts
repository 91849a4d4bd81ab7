import type { LogFields } from "@soloist/interface";
import { formatError, inspect } from "./inspect.ts";
import { LOG_LEVELS } from "./log-rules.ts";

/** Milliseconds since boot, and since 1970. */
export interface LogTimes {
  readonly sinceBoot: number;
  readonly wall: number;
}

/** A message as it goes to the console, with the end of its line. */
export function formatLine(
  isJson: boolean,
  times: LogTimes | undefined,
  level: number,
  source: string,
  message: string,
  fields: LogFields | undefined,
): string {
  if (isJson) return `${formatJson(times, level, source, message, fields)}\n`;
  let text = `${formatTime(times)}${LOG_LEVELS[level]} ${source}: ${message}`;
  let error: unknown;
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (value instanceof Error) error = value;
    else if (value !== undefined) text += ` ${name}=${formatValue(value)}`;
  }
  return error === undefined ? `${text}\n` : `${text}: ${formatError(error)}\n`;
}

/** Seconds since boot, as Linux prints them. */
function formatTime(times: LogTimes | undefined): string {
  return times === undefined ? "" : `[${(times.sinceBoot / 1000).toFixed(3).padStart(9)}] `;
}

/** What comes from outside cannot end the line, nor pass for another field: quoted, unless it is plain ASCII. */
function formatValue(value: unknown): string {
  const text = typeof value === "string" ? value : inspect(value);
  return /^[!#-<>-[\]-~]+$/.test(text) ? text : JSON.stringify(text);
}

function formatJson(
  times: LogTimes | undefined,
  level: number,
  source: string,
  message: string,
  fields: LogFields | undefined,
): string {
  const time = times === undefined ? undefined : new Date(times.wall).toISOString();
  const head = { time, level: LOG_LEVELS[level], source, message };
  try {
    // Named again behind the fields: none of them takes the place of these, which stay first.
    return JSON.stringify({ ...head, ...fields, ...head }, toJson);
  } catch {
    return JSON.stringify({ ...head, fields: inspect(fields) });
  }
}

function toJson(_key: string, value: unknown): unknown {
  if (value instanceof Error) {
    return { name: value.name, message: value.message, stack: formatError(value), ...codeOf(value) };
  }
  return typeof value === "bigint" ? String(value) : value;
}

function codeOf(error: Error): { code?: unknown } {
  return "code" in error ? { code: error.code } : {};
}

import { UsageError } from "../errors.ts";
import { formatSize } from "../format-size.ts";
import { type KeptLog, listLogs } from "../logs/console-log.ts";
import { copyFrom, follow, tailOffset } from "../logs/follow.ts";
import { parse, single } from "./arguments.ts";
import { LOGS_HELP } from "./help.ts";
import { interruption } from "./interruption.ts";
import type { Terminal } from "./terminal.ts";

const DEFAULT_LINES = "20";

export async function logsCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args, {
    follow: { type: "boolean", short: "f" },
    lines: { type: "string", short: "n" },
    json: { type: "boolean" },
    help: { type: "boolean" },
  });
  if (values.help) {
    terminal.out(LOGS_HELP);
    return 0;
  }
  const name = single(positionals, "app");
  const logs = listLogs();
  if (name === undefined) {
    if (values.follow) throw new UsageError("whose console? soloist logs NAME --follow");
    terminal.out(values.json ? `${JSON.stringify(logs)}\n` : list(logs));
    return 0;
  }
  // The newest of those that run, else the newest of all.
  const own = logs.filter((log) => log.name === name);
  const log = own.find(({ isRunning }) => isRunning) ?? own[0];
  if (!log) {
    const names = [...new Set(logs.map((known) => known.name))];
    throw new UsageError(`no console of ${name} was kept; there are ${names.join(", ") || "none"}`);
  }
  const text = values.lines ?? DEFAULT_LINES;
  const lines = text === "all" ? Number.POSITIVE_INFINITY : Number(text);
  if (!(lines >= 1)) throw new UsageError(`--lines ${text}: expected a number, or all`);
  const { signal, code } = interruption();
  const write = (bytes: Uint8Array) => void process.stdout.write(bytes);
  const end = copyFrom(log.path, tailOffset(log.path, lines), write);
  if (values.follow) {
    const isRunning = () => listLogs().some(({ path, isRunning: runs }) => path === log.path && runs);
    await follow(log.path, { offset: end, signal, write, isRunning });
  }
  return code();
}

function list(logs: readonly KeptLog[]): string {
  if (logs.length === 0) return "No console was kept yet: soloist run and soloist compose do that.\n";
  const width = Math.max(...logs.map(({ name }) => name.length));
  const line = ({ name, isRunning, written, size, path }: KeptLog) => {
    const when = new Date(written).toISOString().replace("T", " ").slice(0, 19);
    return `${name.padEnd(width)}  ${isRunning ? "running" : "ended  "}  ${when}  ${formatSize(size).padStart(9)}  ${path}\n`;
  };
  return logs.map(line).join("");
}

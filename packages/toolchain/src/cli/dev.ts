import { resolve } from "node:path";
import type { LinkSettings, Settings } from "@soloist/unix/settings";
import { dev } from "../dev/dev.ts";
import { UsageError } from "../errors.ts";
import { openDisk } from "../run/open-disk.ts";
import { joinArguments, parsePortForward } from "../run/options.ts";
import { parse, single } from "./arguments.ts";
import { DEV_HELP } from "./help.ts";
import { interruption } from "./interruption.ts";
import type { Terminal } from "./terminal.ts";

const DEBUG_PORT = "9229";

export async function devCommand(args: string[], terminal: Terminal): Promise<number> {
  const separator = args.indexOf("--");
  const own = separator < 0 ? args : args.slice(0, separator);
  const appArguments = separator < 0 ? [] : args.slice(separator + 1);
  const { values, positionals } = parse(
    // `--inspect` alone is a flag, which parseArgs does not have for an option with a value.
    own.map((word) => (word === "--inspect" ? `--inspect=${DEBUG_PORT}` : word)),
    {
      target: { type: "string" },
      stack: { type: "string" },
      publish: { type: "string", short: "p", multiple: true },
      block: { type: "string", multiple: true },
      inspect: { type: "string" },
      "no-watch": { type: "boolean" },
      pcap: { type: "string" },
      drop: { type: "string" },
      corrupt: { type: "string" },
      delay: { type: "string" },
      seed: { type: "string" },
      help: { type: "boolean" },
    },
    " (arguments of the app go behind --)",
  );
  if (values.help) {
    terminal.out(DEV_HELP);
    return 0;
  }
  if (values.target !== undefined && values.target !== "unix") {
    throw new UsageError(`--target ${values.target}: dev runs on Node.js, which is "unix"; soloist run boots images`);
  }
  const stack = values.stack ?? "host";
  if (stack !== "host" && stack !== "soloist") throw new UsageError(`--stack ${stack}: expected host or soloist`);
  const settings: Settings = {
    commandLine: joinArguments(appArguments),
    ports: (values.publish ?? []).map(parsePortForward),
    anyPort: false,
    blocks: (values.block ?? []).map(openDisk),
    ...(stack === "soloist" ? { link: parseLink(values) } : refuseLink(values)),
  };
  const { signal, code } = interruption();
  const ended = await dev({
    app: single(positionals, "app") ?? ".",
    stack,
    settings,
    watch: !values["no-watch"],
    color: terminal.color,
    signal,
    ...(values.inspect === undefined ? {} : { inspect: parseInspect(values.inspect) }),
    console(bytes) {
      terminal.clearProgress();
      process.stdout.write(bytes);
    },
    say: (text) => terminal.error(text),
    progress: (step) => terminal.progress(step),
  });
  terminal.clearProgress();
  return code() || ended;
}

interface LinkValues {
  readonly pcap?: string | undefined;
  readonly drop?: string | undefined;
  readonly corrupt?: string | undefined;
  readonly delay?: string | undefined;
  readonly seed?: string | undefined;
}

const LONGEST_DELAY_MS = 60_000;
const PERCENT = 100;

function parseLink(values: LinkValues): LinkSettings {
  return {
    drop: parseNumber("--drop", values.drop, PERCENT) / PERCENT,
    corrupt: parseNumber("--corrupt", values.corrupt, PERCENT) / PERCENT,
    delay: parseNumber("--delay", values.delay, LONGEST_DELAY_MS),
    seed: Math.trunc(parseNumber("--seed", values.seed ?? "1", 0xffffffff)),
    ...(values.pcap === undefined ? {} : { pcap: resolve(values.pcap) }),
  };
}

function refuseLink(values: LinkValues): Record<string, never> {
  for (const name of ["pcap", "drop", "corrupt", "delay", "seed"] as const) {
    if (values[name] !== undefined) {
      throw new UsageError(`--${name} is about the simulated link: add --stack soloist`);
    }
  }
  return {};
}

function parseNumber(flag: string, text: string | undefined, most: number): number {
  if (text === undefined) return 0;
  const value = Number(text.replace(/(%|ms)$/, ""));
  if (text.trim() === "" || !(value >= 0 && value <= most)) {
    throw new UsageError(`${flag} ${text}: expected a number from 0 to ${most}`);
  }
  return value;
}

function parseInspect(text: string): string {
  const match = /^(?:([\w.-]+):)?(\d+)$/.exec(text);
  if (!match || Number(match[2]) > 65_535)
    throw new UsageError(`--inspect=${text}: expected a port, as in --inspect=9229`);
  return `${match[1] ?? "127.0.0.1"}:${match[2]}`;
}

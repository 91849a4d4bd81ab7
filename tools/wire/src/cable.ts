import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { program } from "./build.ts";

/** What a cable does to frames. Shares are in per cent, times in milliseconds, the rate in bits a second. */
export interface Impairment {
  /** The same seed gives the same fates, frame by frame. Default 1. */
  readonly seed?: number;
  readonly loss?: number;
  readonly duplicate?: number;
  readonly corrupt?: number;
  readonly reorder?: number;
  readonly delay?: number;
  readonly jitter?: number;
  readonly rate?: number;
  readonly queue?: number;
}

/** Frames of one direction. */
export type WireCounters = Record<
  "received" | "sent" | "lost" | "duplicated" | "corrupted" | "reordered" | "overflowed" | "refused" | "waiting",
  number
>;

export interface Wire extends AsyncDisposable {
  readonly pid: number;
  /** Ends the cable and returns its counters, first end to second and back. */
  end(): Promise<readonly [WireCounters, WireCounters]>;
}

function flags(impairment: Impairment): string[] {
  const units = {
    seed: "",
    loss: "%",
    duplicate: "%",
    corrupt: "%",
    reorder: "%",
    delay: "ms",
    jitter: "ms",
    queue: "",
  } as const;
  const result: string[] = [];
  for (const [key, unit] of Object.entries(units)) {
    const value = impairment[key as keyof typeof units];
    if (value !== undefined) result.push(`--${key}=${value}${unit}`);
  }
  if (impairment.rate !== undefined) result.push(`--rate=${impairment.rate / 1000}kbit`);
  return result;
}

/** The fates of the first `frames` frames, one line each, without any device. */
export function plan(impairment: Impairment, frames: number): string[] {
  const output = execFileSync(program("wire"), [...flags(impairment), `--plan=${frames}`], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return output.trimEnd().split("\n");
}

/** Connects two ends, each `[tap:|packet:]INTERFACE[@NETNS]`, with a cable that treats frames as told. */
export async function connect(a: string, b: string, impairment: Impairment = {}): Promise<Wire> {
  const child = spawn(program("wire"), [...flags(impairment), a, b], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => lines.push(line));
  const closed = once(child, "close");
  await Promise.race([once(output, "line"), closed]);
  if (lines[0] !== "wire: ready")
    throw new Error(`the cable between ${a} and ${b} did not start (exit ${child.exitCode})`);

  const end = async () => {
    await terminate(child, closed);
    if (child.exitCode !== 0) throw new Error(`the cable ended with ${child.signalCode ?? child.exitCode}`);
    return [counters(lines[1]), counters(lines[2])] as const;
  };
  return {
    pid: child.pid!,
    end,
    async [Symbol.asyncDispose]() {
      await terminate(child, closed);
    },
  };
}

async function terminate(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
  await closed;
}

function counters(line: string | undefined): WireCounters {
  if (line === undefined) throw new Error("the cable ended without its counters");
  const pairs = line
    .slice(line.indexOf(":") + 2)
    .split(", ")
    .map((pair) => pair.split(" "));
  return Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)])) as WireCounters;
}

/** Sends raw frames to one end; returns how many the kernel took. */
export function inject(end: string, frames: readonly Uint8Array[]): number {
  const chunks: Uint8Array[] = [];
  for (const frame of frames) chunks.push(Uint8Array.of(frame.length >> 8, frame.length & 255), frame);
  const output = execFileSync(program("inject"), [end], { input: Buffer.concat(chunks), encoding: "utf8" });
  return Number(/^sent (\d+)/.exec(output)?.[1]);
}

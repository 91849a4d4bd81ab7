import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { BaseDescription } from "../base.ts";
import { createStackMapper, type StackMapper } from "../stacks.ts";
import { type CpuProfile, hotspots, IDLE, PROGRAM, ProfileBuilder } from "./cpu-profile.ts";
import { findContext, GuestMemory, isRunning, type ProcessorTime, processorTime } from "./guest-memory.ts";
import { StackSampler } from "./stack-sampler.ts";

/** Milliseconds between two samples. */
const INTERVAL = 1;
const SHOWN = 5;
/** Samples between two looks at how much of the time went into system calls. */
const TIMES_EVERY = 100;

export interface ProfilerOptions {
  /** See {@link GuestMemory}. */
  readonly memory: string;
  /** Process that the guest runs in. */
  readonly pid: number;
  readonly base: BaseDescription;
  /** Source map of the bundle. */
  readonly map: string;
  readonly file: string;
}

/** Samples a guest until it is stopped. */
export class Profiler {
  readonly #options: ProfilerOptions;
  readonly #memory: GuestMemory;
  readonly #builder: ProfileBuilder;
  readonly #timer: NodeJS.Timeout;
  #sampler: StackSampler | undefined;
  #torn = 0;
  #count = 0;
  #firstTimes: ProcessorTime | undefined;
  #lastTimes: ProcessorTime | undefined;

  constructor(options: ProfilerOptions) {
    this.#options = options;
    this.#memory = new GuestMemory(options.memory);
    this.#builder = new ProfileBuilder(now(), loadMapper(options.map));
    this.#timer = setInterval(() => this.#sample(), INTERVAL);
  }

  /** Writes the profile and returns what there is to say about it. */
  stop(): string {
    clearInterval(this.#timer);
    this.#memory.close();
    const profile = this.#builder.build();
    const { file } = this.#options;
    if (profile.samples.length === 0)
      return `${file}: no samples: the guest ended too soon, or its base is another one\n`;
    writeFileSync(file, JSON.stringify(profile));
    return describe(file, profile, this.#torn, this.#systemShare());
  }

  #sample(): void {
    this.#sampler ??= this.#attach();
    if (this.#sampler === undefined) return;
    if (this.#count++ % TIMES_EVERY === 0) {
      this.#lastTimes = processorTime(this.#options.pid) ?? this.#lastTimes;
      this.#firstTimes ??= this.#lastTimes;
    }
    const stack = this.#sampler.sample();
    if (stack === undefined) this.#torn++;
    else if (stack.length > 0) this.#builder.add(stack, now());
    else this.#builder.add([isRunning(this.#options.pid) ? PROGRAM : IDLE], now());
  }

  /** How much of the processor's time went into the host's system calls, 0 to 1. */
  #systemShare(): number {
    const [first, last] = [this.#firstTimes, this.#lastTimes];
    if (first === undefined || last === undefined) return 0;
    const system = last.system - first.system;
    const all = system + last.user - first.user;
    return all === 0 ? 0 : system / all;
  }

  #attach(): StackSampler | undefined {
    const { base } = this.#options;
    const context = findContext(this.#memory, base);
    if (context === undefined) {
      this.#memory.close();
      return undefined;
    }
    const { functions, tableBase } = base.platform;
    return new StackSampler({
      read: (address, length) => this.#memory.read(base.linearBase + address, length),
      context,
      natives: new Map(functions.map(({ name }, index) => [tableBase + index, name])),
    });
  }
}

/** What stands behind names that are none of functions. */
const NOTES: Readonly<Record<string, string>> = {
  [PROGRAM.name]: "no JavaScript on the stack: devices, the loop between two turns, the host's system calls",
  "(engine)": "the engine's own functions: of strings, arrays, promises, regular expressions…",
};

const now = () => performance.now() * 1000;

function loadMapper(path: string): StackMapper | undefined {
  try {
    return createStackMapper(readFileSync(path, "utf8"), path);
  } catch {
    return undefined; // images that came without their map show places in the bundle
  }
}

function describe(file: string, profile: CpuProfile, torn: number, systemShare: number): string {
  const { busy, top } = hotspots(profile, SHOWN);
  const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
  const lines = top.map(({ functionName, url, line, share }) => {
    const path = url.startsWith("file:") ? fileURLToPath(url) : url;
    const near = path === "" || path === url ? path : relative(process.cwd(), path);
    const where = near.startsWith("..") ? path : near;
    const note = NOTES[functionName];
    return `  ${percent(share).padStart(4)}  ${functionName}${where === "" ? "" : `  ${where}:${line}`}${note ? `  ${note}` : ""}`;
  });
  const count = `${profile.samples.length} samples${torn > 0 ? ` (and ${torn} that changed while they were read)` : ""}`;
  return [
    `${file}: ${count}, busy in ${percent(busy)} of them, most of all in`,
    ...lines,
    ...(systemShare > 0 ? [`${percent(systemShare)} of its processor time went into system calls of the host.`] : []),
    "Open it with https://www.speedscope.app or Chrome's DevTools (Performance).",
    "",
  ].join("\n");
}

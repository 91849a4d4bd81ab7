import type { Device, EntropySource, SeededRng } from "@soloist/interface";
import { ArgumentError, formatHelp, parseArguments, splitCommandLine, wantsHelp } from "./arguments.ts";
import { onExternalEvent } from "./external-events.ts";
import { createHost, runShutdown } from "./host.ts";
import { configureLog } from "./log.ts";
import { logFormat, logRules } from "./log-rules.ts";
import { onBeforeTurn, turn } from "./loop.ts";
import {
  chacha20,
  commandLine,
  consoleWrite,
  entropy,
  exit,
  monotonic,
  register,
  seedMathRandom,
  seedRandom,
} from "./platform.ts";
import { checkRejections, hasRejections, noteRejection } from "./rejections.ts";
import { EXIT_FAILURE, EXIT_USAGE, fail, printUncaught } from "./report.ts";
import { setRng } from "./rng.ts";
import { declaredProgram, type Program } from "./run.ts";
import { openMainScope } from "./tasks/main-scope.ts";
import { yieldNow } from "./yield-now.ts";

/** What {@link boot} is given. */
export interface BootParts {
  /** `createRng` of @soloist/rng. */
  createRng(options: { sources: readonly EntropySource[]; now: () => number; chacha20: typeof chacha20 }): SeededRng;
}

/**
 * Connects the app to the kernel. The toolchain generates the only call, in a module that is imported before the app's:
 *
 * ```ts
 * // soloist:boot
 * import { createRng } from "@soloist/rng";
 * import { boot } from "@soloist/runtime/boot";
 * boot({ createRng });
 *
 * // the bundle's entry
 * import "soloist:boot";
 * import "/path/to/app/src/main.ts";
 * ```
 *
 * Two modules, because an entry's imports are evaluated before its statements: `run` must find the kernel connected.
 */
export function boot(parts: BootParts): void {
  register({
    manifest: () => {
      const devices = declaredProgram().manifest.map(({ name, type, optional, offloads }) => ({
        name,
        type: type === "net" ? "NET_BASIC" : "BLOCK_BASIC",
        optional,
        offloads,
      }));
      return JSON.stringify({ type: "solo5.manifest", version: 1, devices });
    },
    boot: () => start(parts),
    turn,
    uncaught: (error) => printUncaught("Uncaught", error),
    rejection: noteRejection,
  });
  onBeforeTurn(checkRejections);
}

function start(parts: BootParts): void {
  const program = declaredProgram();
  let values: ReturnType<typeof parseArguments>;
  try {
    const words = splitCommandLine(commandLine());
    if (wantsHelp(words)) {
      consoleWrite(formatHelp(program.parameters));
      exit(0);
      return;
    }
    values = parseArguments(words, program.parameters);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    consoleWrite(`error: ${error.message}\n`);
    exit(EXIT_USAGE);
    return;
  }
  configureLog(values.get(logRules.name) as string | undefined, values.get(logFormat.name) as "text" | "json");

  let rng: SeededRng;
  try {
    rng = parts.createRng({ sources: SOURCES, now: monotonic, chacha20 });
  } catch (error) {
    consoleWrite(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    exit(EXIT_FAILURE);
    return;
  }
  setRng(rng);
  onExternalEvent(() => rng.addEvent());
  seedMathRandom(rng.fill(new Uint8Array(8)));
  const seed = rng.fill(new Uint8Array(32));
  seedRandom(seed);
  seed.fill(0);

  const host = createHost({ rng, values, program });
  void launch(program, host).catch((error: unknown) => fail("Uncaught", error));
}

const SOURCES: readonly EntropySource[] = [
  { name: "rdseed", kind: "processor", fill: (into) => entropy(0, into) },
  { name: "rdrand", kind: "processor", fill: (into) => entropy(1, into) },
  { name: "jitter", kind: "timing", fill: (into) => entropy(2, into) },
  { name: "cycle counter", kind: "event", fill: (into) => entropy(3, into) },
];

async function launch(program: Program, host: Parameters<Device<unknown>["open"]>[0]): Promise<void> {
  const opened: unknown[] = [];
  let isWaiting = false;
  for (const device of program.devices) {
    const value = device.open(host);
    if (value instanceof Promise) isWaiting = true;
    opened.push(value);
  }
  const main = program.main as (...opened: unknown[]) => unknown;
  const values = isWaiting ? await Promise.all(opened) : opened;
  const tasks = openMainScope();
  const code = await main(...values);
  if (code !== undefined && !isExitCode(code)) {
    throw new RangeError(`main returned ${String(code)}; an exit code is a whole number from 0 to 254`);
  }
  tasks.close();
  await tasks.ended();
  await runShutdown();
  // Within two turns each has got its handler, or has ended the machine.
  while (hasRejections()) await yieldNow();
  exit(code ?? 0);
}

function isExitCode(code: unknown): code is number {
  return Number.isInteger(code) && (code as number) >= 0 && (code as number) <= 254;
}

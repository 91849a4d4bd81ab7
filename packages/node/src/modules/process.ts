/**
 * `process`, and the global of that name: an image is one program without an environment, files or signals. `versions.node` is
 * missing on purpose: libraries that ask for it want what only Node.js has.
 */
import EventEmitter from "events/events.js";
import { refuses } from "../errors.ts";

const MICROSECONDS = 1000;

function hrtime(since?: readonly [number, number]): [number, number] {
  const now = performance.now();
  const seconds = Math.floor(now / 1000);
  const nanoseconds = Math.floor((now - seconds * 1000) * MICROSECONDS) * 1000;
  if (since === undefined) return [seconds, nanoseconds];
  const borrow = nanoseconds < since[1] ? 1 : 0;
  return [seconds - since[0] - borrow, nanoseconds - since[1] + borrow * 1e9];
}

hrtime.bigint = (): bigint => {
  const [seconds, nanoseconds] = hrtime();
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
};

/** Whole lines go to the console; what is without an end of line waits for it. */
class ConsoleStream extends EventEmitter {
  readonly isTTY = false;
  readonly fd: number;
  readonly writable = true;
  #rest = "";

  constructor(descriptor: number) {
    super();
    this.fd = descriptor;
  }

  write(data: string | Uint8Array, ...rest: unknown[]): boolean {
    this.#rest += typeof data === "string" ? data : new TextDecoder().decode(data);
    const end = this.#rest.lastIndexOf("\n");
    if (end >= 0) {
      if (this.fd === 2) console.error(this.#rest.slice(0, end));
      else console.log(this.#rest.slice(0, end));
      this.#rest = this.#rest.slice(end + 1);
    }
    const done = rest.at(-1);
    if (typeof done === "function") queueMicrotask(() => done());
    return true;
  }

  end(data?: string | Uint8Array): void {
    if (data !== undefined) this.write(data);
  }
}

class Process extends EventEmitter {
  readonly title = "soloist";
  readonly platform = "linux";
  readonly arch = "x64";
  /** Of the API that this package follows. */
  readonly version = "v22.0.0";
  readonly versions: Readonly<Record<string, string>> = {};
  readonly release: Readonly<Record<string, string>> = { name: "soloist" };
  readonly pid = 1;
  readonly ppid = 0;
  readonly argv: readonly string[] = [];
  readonly argv0 = "";
  readonly execArgv: readonly string[] = [];
  readonly execPath = "";
  readonly env: Record<string, string | undefined> = {};
  exitCode: number | undefined;
  readonly stdout = new ConsoleStream(1);
  readonly stderr = new ConsoleStream(2);
  readonly hrtime = hrtime;
  readonly exit: (...args: unknown[]) => never = refuses("process.exit", "return the exit code from main");
  readonly kill: (...args: unknown[]) => never = refuses("process.kill", "an image is one process");
  readonly chdir: (...args: unknown[]) => never = refuses("process.chdir", "an image has no file system");

  nextTick<Arguments extends unknown[]>(callback: (...args: Arguments) => void, ...args: Arguments): void {
    queueMicrotask(args.length === 0 ? (callback as () => void) : () => callback(...args));
  }

  emitWarning(warning: string | Error): void {
    console.warn(typeof warning === "string" ? `Warning: ${warning}` : `${warning.name}: ${warning.message}`);
  }

  cwd(): string {
    return "/";
  }

  uptime(): number {
    return performance.now() / 1000;
  }

  umask(): number {
    return 0;
  }
}

export const process: Process = new Process();
export const { argv, env, platform, stderr, stdout, version, versions } = process;
export const nextTick: Process["nextTick"] = process.nextTick;
export default process;

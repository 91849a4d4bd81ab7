import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";
import { RunError } from "../errors.ts";
import { findCommand } from "./find-command.ts";

export interface GuestCommand {
  readonly command: string;
  readonly args: readonly string[];
}

export interface GuestEvents {
  console(chunk: Uint8Array): void;
  /** What the tender or the machine says about itself. */
  error(chunk: Uint8Array): void;
}

export interface GuestProcess {
  /** Undefined: it could not be started, and `ended` says why. */
  readonly pid: number | undefined;
  /** Exit code of the process; 128 + the signal's number when a signal ended it. */
  readonly ended: Promise<number>;
  /** Asks it to end, and makes it after two seconds. */
  stop(): void;
}

const KILL_AFTER_MS = 2000;

/** Starts a tender or a machine. It dies with this process, however that ends. */
export function startGuest({ command, args }: GuestCommand, events: GuestEvents): GuestProcess {
  const path = findCommand(command);
  if (path === undefined) throw new RunError(`${command} was not found; "soloist doctor" says how to get it`);
  const [program, ...words] = [...bondage(), path, ...args];
  const child: ChildProcess = spawn(program!, words, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout!.on("data", events.console);
  child.stderr!.on("data", events.error);
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(new RunError(`${command}: ${error.message}`)));
    child.once("close", (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
    });
  });
  return {
    pid: child.pid,
    ended,
    stop() {
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS).unref();
    },
  };
}

let bond: readonly string[] | undefined;

/** util-linux' setpriv asks the kernel to kill a process when its parent dies: Node.js has no call for it. */
function bondage(): readonly string[] {
  bond ??=
    spawnSync("setpriv", ["--pdeathsig", "KILL", "true"], { stdio: "ignore" }).status === 0
      ? ["setpriv", "--pdeathsig", "KILL"]
      : [];
  return bond;
}

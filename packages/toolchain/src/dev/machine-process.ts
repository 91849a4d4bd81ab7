import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { type Report, SETTINGS_VARIABLE, type Settings, STOP } from "@soloist/unix/settings";

export interface MachineEvents {
  console(chunk: Uint8Array): void;
  /** What Node.js says about itself: the debugger's address. */
  error(chunk: Uint8Array): void;
  report(message: Report): void;
}

export interface MachineProcess {
  /** Exit code; 128 + the signal's number when a signal ended it. */
  readonly ended: Promise<number>;
  /** Asks it to close its sockets and end, makes it after a moment, and resolves when it has. */
  stop(): Promise<void>;
}

export interface MachineOptions {
  readonly file: string;
  readonly settings: Settings;
  /** `HOST:PORT` of the debugger. */
  readonly inspect?: string;
}

const KILL_AFTER_MS = 500;

/** Runs a bundled app in a process of Node.js, which ends with this one. */
export function startMachine(options: MachineOptions, events: MachineEvents): MachineProcess {
  const { file, settings, inspect } = options;
  const flags = ["--enable-source-maps", ...(inspect === undefined ? [] : [`--inspect=${inspect}`])];
  const child: ChildProcess = spawn(process.execPath, [...flags, file], {
    env: { ...process.env, [SETTINGS_VARIABLE]: JSON.stringify(settings) },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.stdout!.on("data", events.console);
  child.stderr!.on("data", events.error);
  child.on("message", (message) => events.report(message as Report));
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
    });
  });
  return {
    ended,
    async stop() {
      if (child.connected) child.send(STOP, () => {});
      const timer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
      await ended.catch(() => {});
      clearTimeout(timer);
    },
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { pathToFileURL } from "node:url";
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
  readonly settings: Settings;
  /** `HOST:PORT` of the debugger. */
  readonly inspect?: string;
  /** Keeps a process ready for the next start. */
  readonly standby?: boolean;
}

export interface MachineStarter extends AsyncDisposable {
  /** Makes a process for the next start. */
  prepare(): void;
  /** Runs a bundled app in a process of Node.js, which ends with this one. */
  start(file: string, events: MachineEvents): MachineProcess;
}

const KILL_AFTER_MS = 500;
/** When the next process is made: not while the one before it needs the processor. */
const STANDBY_AFTER_MS = 200;

/** Waits for the path of a bundle, and ends with whoever would send it. Node.js takes longer to start than apps do. */
const LOADER = `
const end = () => process.exit();
process.on("SIGINT", () => {});
process.once("disconnect", end);
process.once("message", (file) => {
  process.off("disconnect", end);
  process.removeAllListeners("SIGINT");
  import(file);
});
`;

export function createMachineStarter({ settings, inspect, standby = false }: MachineOptions): MachineStarter {
  const flags = ["--enable-source-maps", ...(inspect === undefined ? [] : [`--inspect=${inspect}`])];
  const launch = (): ChildProcess =>
    spawn(process.execPath, [...flags, "--eval", LOADER], {
      env: { ...process.env, [SETTINGS_VARIABLE]: JSON.stringify(settings) },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
  let ready: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  const prepare = (): void => {
    ready ??= launch();
    ready.once("exit", () => {
      ready = undefined;
    });
  };
  return {
    prepare,
    start(file, events) {
      const child = ready ?? launch();
      ready = undefined;
      clearTimeout(timer);
      // Two debuggers cannot listen on one port.
      if (standby && inspect === undefined) timer = setTimeout(prepare, STANDBY_AFTER_MS);
      child.removeAllListeners("exit");
      return attach(child, file, events);
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      const child = ready;
      if (child === undefined) return;
      child.removeAllListeners("exit");
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function attach(child: ChildProcess, file: string, events: MachineEvents): MachineProcess {
  child.stdout!.on("data", events.console);
  child.stderr!.on("data", events.error);
  child.on("message", (message) => events.report(message as Report));
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
    });
  });
  child.send(pathToFileURL(file).href);
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

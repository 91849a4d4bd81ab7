import { performance } from "node:perf_hooks";
import process from "node:process";
import { clearImmediate, clearTimeout, setImmediate, setInterval, setTimeout } from "node:timers";
import type { Pollable } from "@soloist/interface";
import { type ManifestDevice, openBlocks } from "./block.ts";
import { type Report, readSettings, SETTINGS_VARIABLE, type Settings, STOP } from "./settings.ts";
import { endTopLevel, watchTopLevel } from "./top-level.ts";

/** What the runtime hands the kernel; the contract of `register` in `native:platform`. */
export interface Handlers {
  manifest: () => string;
  boot: () => void;
  turn: () => number;
  uncaught: (error: unknown) => void;
  rejection: (promise: Promise<unknown>, reason: unknown, handled: boolean) => void;
}

const LONGEST_TIMER_MS = 0x7fffffff;
/** How long connections may take to end before the process does. */
const STOP_MS = 150;
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

export const settings: Settings = readSettings(process.env);

let handlers: Handlers | undefined;
let isBooted = false;
let isInTurn = false;
let pending: NodeJS.Immediate | undefined;
let timer: NodeJS.Timeout | undefined;
const pollables: Pollable[] = [];
const closers: (() => Promise<void>)[] = [];

/** Milliseconds since the machine started. */
export const monotonic = (): number => performance.now();

/** The clock as the app sees it: work that reads it outside of a turn may have set a timer, so that a turn is due. */
export function readMonotonic(): number {
  if (!isInTurn) wake();
  return monotonic();
}

/** Asks for a turn: something happened that the loop has not seen. */
export function wake(): void {
  if (!isBooted || pending !== undefined) return;
  clearTimeout(timer);
  schedule();
}

/**
 * The next turn comes when Node.js has run all jobs, or after so many of them, as in an image: a task that makes jobs without
 * end keeps no other waiting. Sockets of the host do wait, since Node.js looks at them only when no job is left; so only so
 * many turns in a row are taken early.
 */
const JOBS_A_TURN = 256;
const EARLY_TURNS = 32;

/** Since Node.js looked at its sockets. */
let earlyTurns = 0;
const countAnew = (): void => {
  earlyTurns = 0;
};

function schedule(): void {
  const immediate = setImmediate(step);
  pending = immediate;
  if (earlyTurns === EARLY_TURNS) return;
  let jobs = 0;
  const count = (): void => {
    if (pending !== immediate) return;
    if (++jobs < JOBS_A_TURN) {
      queueMicrotask(count);
      return;
    }
    clearImmediate(immediate);
    if (earlyTurns++ === 0) setImmediate(countAnew);
    step();
  };
  queueMicrotask(count);
}

/** Puts a machine beside the app's own into the loop. */
export function drive(machine: Pollable): void {
  pollables.push(machine);
  wake();
}

/** Has `close` called when the machine is asked to stop: a peer should see an end, not silence. */
export function onStop(close: () => Promise<void>): void {
  closers.push(close);
}

export function register(given: Handlers): void {
  handlers = given;
}

/** Whether somebody started this process for the machine alone, and listens. */
const isOwnProcess = process.env[SETTINGS_VARIABLE] !== undefined && process.send !== undefined;

export function report(message: Report): void {
  if (isOwnProcess) process.send?.(message);
}

/** Ends the machine because the host cannot give what it needs. */
export function refuse(message: string, code: number = EXIT_FAILURE): never {
  if (!isOwnProcess) process.stderr.write(`${message}\n`);
  report({ type: "failed", message, code });
  return process.exit(code);
}

function step(): void {
  pending = undefined;
  isInTurn = true;
  let next = Infinity;
  try {
    next = handlers!.turn();
    const now = monotonic();
    for (const machine of pollables) next = Math.min(next, machine.poll(now));
  } catch (error) {
    crash(error);
  } finally {
    isInTurn = false;
  }
  const wait = next - monotonic();
  // Jobs that this turn made run before the next one.
  if (pending !== undefined) return;
  if (wait <= 0) schedule();
  else if (wait !== Infinity) timer = setTimeout(step, Math.min(Math.ceil(wait), LONGEST_TIMER_MS));
}

function crash(error: unknown): never {
  handlers?.uncaught(error);
  process.exit(EXIT_FAILURE);
}

/** Before the app's modules are evaluated. */
export function prepare(): void {
  watchTopLevel((api, stack) => report({ type: "top-level", api, stack }));
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", (reason, promise) => {
    handlers?.rejection(promise, reason, false);
    if (isBooted) wake();
    else crash(reason);
  });
  process.on("rejectionHandled", (promise) => handlers?.rejection(promise, undefined, true));
  // Ctrl-C goes to the whole group of processes: whoever started us decides.
  if (isOwnProcess) process.on("SIGINT", () => {});
  process.on("SIGTERM", stop);
  process.on("disconnect", stop);
  process.on("message", (message) => {
    if (message === STOP) stop();
  });
}

/** After the app's modules were evaluated: boots what they declared. */
export function start(): void {
  endTopLevel();
  if (handlers === undefined) throw new Error("the runtime registered nothing");
  const { devices } = JSON.parse(handlers.manifest()) as { devices: ManifestDevice[] };
  const problem = openBlocks(settings.blocks, devices, wake);
  if (problem !== undefined) refuse(problem, EXIT_USAGE);
  // A machine that waits for nothing waits for ever, as an image does.
  const forever = setInterval(() => {}, LONGEST_TIMER_MS);
  if (!isOwnProcess) forever.unref();
  isBooted = true;
  handlers.boot();
  report({ type: "booted" });
  wake();
}

let isStopping = false;

function stop(): void {
  if (isStopping) return;
  isStopping = true;
  setTimeout(() => process.exit(0), STOP_MS);
  void Promise.allSettled(closers.map((close) => close())).then(() => process.exit(0));
}

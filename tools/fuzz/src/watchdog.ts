import { writeSync } from "node:fs";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/** A machine that others use, too, stands still for seconds; a parser that goes round in circles for ever. */
const PATIENCE = 60_000;
const STEP = 5000;
const MOST = 1 << 16;
/** In front of the input: how many there were, and its length. */
const HEAD = 8;

/** Ends the process, and says with which input, when that one has been running for a minute. */
export function watchdog(): (input: Uint8Array) => void {
  const shared = new SharedArrayBuffer(HEAD + MOST);
  new Worker(new URL(import.meta.url), { workerData: shared }).unref();
  const head = new Int32Array(shared, 0, 2);
  const bytes = new Uint8Array(shared, HEAD);
  return (input) => {
    bytes.set(input.length > MOST ? input.subarray(0, MOST) : input);
    head[1] = Math.min(input.length, MOST);
    head[0]!++;
  };
}

function watch(shared: SharedArrayBuffer): void {
  const head = new Int32Array(shared, 0, 2);
  let seen = -1;
  let since = 0;
  setInterval(() => {
    since = head[0] === seen ? since + STEP : 0;
    seen = head[0]!;
    if (since < PATIENCE || seen === 0) return;
    const input = Buffer.from(new Uint8Array(shared, HEAD, head[1]!)).toString("hex");
    // The main thread, which streams go through and whose end `process.exit` would wait for, does nothing any more.
    writeSync(2, `fuzz: an input has been running for a minute: ${input}\n`);
    process.kill(process.pid, "SIGKILL");
  }, STEP);
}

if (!isMainThread) watch(workerData as SharedArrayBuffer);

import { join } from "node:path";
import type { PortMapping, Report, Settings } from "@soloist/unix/settings";
import { readApp } from "../app/app.ts";
import { BuildError } from "../errors.ts";
import { createDevBundler, type DevBundle, type DevBundler } from "./dev-bundle.ts";
import { crashFrame, nameChanges, topLevelWarning } from "./explain.ts";
import { createMachineStarter, type MachineProcess } from "./machine-process.ts";
import type { StackChoice } from "./unix-plugin.ts";
import { watchFiles } from "./watch-files.ts";

export interface DevOptions {
  readonly app: string;
  readonly stack: StackChoice;
  readonly settings: Settings;
  readonly inspect?: string;
  /** Starts it again when a file changes, until `signal`; else its end is the end. */
  readonly watch: boolean;
  readonly color: boolean;
  readonly signal: AbortSignal;
  /** What the app prints. */
  console(bytes: Uint8Array): void;
  /** What there is to say about it. */
  say(text: string): void;
  progress(step: string): void;
}

/** How much of what an app printed is searched for the error that it died of. */
const TAIL_BYTES = 16_384;
/** How long what an app prints may wait for the report that it has booted, milliseconds. */
const HELD_MS = 200;

/** Runs an app on Node.js. Returns its exit code, or 0 after `signal`. */
export async function dev(options: DevOptions): Promise<number> {
  const began = performance.now();
  const app = readApp(options.app);
  await using machines = createMachineStarter({ ...options, standby: options.watch });
  await using bundler = await createDevBundler({ ...options, app });
  const { signal } = options;
  const announced = new Set<string>();
  let machine: MachineProcess | undefined;
  let inputs: readonly string[] = [];
  let stopping: Promise<void> | undefined;

  const start = (bundle: DevBundle, since: number, what: string): void => {
    let tail = "";
    let failed = false;
    const output = holdOutput(options.console);
    const started = machines.start(bundle.file, {
      console(chunk) {
        tail = (tail + Buffer.from(chunk).toString()).slice(-TAIL_BYTES);
        output.write(chunk);
      },
      error: (chunk) => options.say(Buffer.from(chunk).toString()),
      report(message) {
        if (message.type === "failed") failed = true;
        show(message, `${what} in ${Math.round(performance.now() - since)} ms`);
        if (message.type === "booted") output.release();
      },
    });
    machine = started;
    void started.ended.then((code) => {
      output.release();
      if (machine !== started || signal.aborted) return;
      machine = undefined;
      const frame = code === 0 || failed ? undefined : crashFrame(tail, app.folder, options.color);
      if (frame !== undefined) options.say(`\n${frame}\n\n`);
      if (options.watch) options.say(`${app.name} ended with exit code ${code}; it starts again when a file changes\n`);
      else finish(code);
    });
  };
  const show = (message: Report, done: string): void => {
    if (message.type === "booted") options.say(`${app.name}  ${done}\n`);
    else if (message.type === "failed") options.say(`soloist: ${message.message}\n`);
    else if (message.type === "top-level") {
      options.say(topLevelWarning(message.api, message.stack, app.folder, options.color));
    } else {
      const text = address(message);
      if (!announced.has(text)) options.say(`${text}\n`);
      announced.add(text);
    }
  };
  let finish: (code: number) => void = () => {};
  const finished = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const stop = async (): Promise<void> => {
    const old = machine;
    machine = undefined;
    await old?.stop();
  };
  const onAbort = (): void => {
    stopping = stop().then(() => finish(0));
  };
  signal.addEventListener("abort", onAbort, { once: true });

  const reload = async (paths: readonly string[]): Promise<void> => {
    const since = performance.now();
    const bundle = await tryBundle(bundler, options);
    if (bundle === undefined || signal.aborted) return;
    inputs = bundle.inputs;
    watcher.set(inputs);
    await stop();
    if (!signal.aborted) start(bundle, since, `${nameChanges(paths)} changed, reloaded`);
  };
  let queue: Promise<void> = Promise.resolve();
  using watcher = watchFiles((paths) => {
    queue = queue
      .then(() => reload(paths))
      // Ctrl-C ends esbuild's process, too.
      .catch((error: unknown) => {
        if (!signal.aborted) options.say(`soloist: ${String(error)}\n`);
      });
  });

  options.progress("bundling");
  machines.prepare(); // while the bundler works
  // What was never bundled has no list of files: the app's sources will do.
  if (options.watch) watcher.set([join(app.folder, "src"), app.entry]);
  const first = options.watch ? await tryBundle(bundler, options) : await bundler.bundle();
  if (first !== undefined && !signal.aborted) {
    inputs = first.inputs;
    if (options.watch) watcher.set(inputs);
    start(first, began, `on Node.js ${process.version}, ready`);
  }
  if (signal.aborted && stopping === undefined) finish(0);
  try {
    return await finished;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await queue;
    await stop();
  }
}

/**
 * Keeps what an app prints for a moment: it comes by another pipe than the report that the app has booted, which is to be said
 * first.
 */
function holdOutput(write: (bytes: Uint8Array) => void): { write(chunk: Uint8Array): void; release(): void } {
  let held: Uint8Array[] | undefined = [];
  let timer: NodeJS.Timeout | undefined;
  const release = (): void => {
    clearTimeout(timer);
    const chunks = held ?? [];
    held = undefined;
    for (const chunk of chunks) write(chunk);
  };
  return {
    write(chunk) {
      if (held === undefined) return write(chunk);
      held.push(chunk);
      timer ??= setTimeout(release, HELD_MS);
    },
    release,
  };
}

/** Errors are shown, and the watcher lives on. */
async function tryBundle(bundler: DevBundler, options: DevOptions): Promise<DevBundle | undefined> {
  try {
    return await bundler.bundle();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    options.say(`${error.message}\n`);
    return undefined;
  }
}

/** Web browsers open what looks like an address; other protocols are named. */
function address({ protocol, address: at, host, guest }: PortMapping): string {
  const name = at === "127.0.0.1" || at === "0.0.0.0" ? "localhost" : at;
  const from = host === guest ? "" : `  (the app's port ${guest})`;
  return `${protocol === "tcp" ? `http://${name}:${host}/` : `udp://${name}:${host}`}${from}`;
}

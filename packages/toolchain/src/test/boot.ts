import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunError } from "../errors.ts";
import { type BootedMachine, bootImage, bootUnix, IMAGE_VARIABLE } from "./boot-machine.ts";

export interface BootOptions {
  /** Folder of the app, or its main module. Default: the current folder. */
  readonly app?: string;
  /** What it gets on its command line. */
  readonly args?: readonly string[];
  /** The TCP port of the app that `url` and `fetch` are about. Default: 80. */
  readonly port?: number;
  /** Disks by the name of their device: the path of a file, or the bytes that a new one has, all zero. */
  readonly blocks?: Readonly<Record<string, string | number>>;
  /** Milliseconds until it has to listen. Default: 30,000. */
  readonly timeout?: number;
}

/** As `fetch` takes it. */
export interface TestRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly redirect?: "follow" | "error" | "manual";
}

/** What is of use of a `Response`; it is one of Node.js's. */
export interface TestResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null; has(name: string): boolean };
  text(): Promise<string>;
  // biome-ignore lint/suspicious/noExplicitAny: as the standard has it.
  json(): Promise<any>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** An app that runs. */
export interface Booted extends AsyncDisposable {
  /** Where the app's port is: `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /** Everything it has printed. */
  readonly console: string;
  /** Its exit code, once it ends. */
  readonly ended: Promise<number>;
  fetch(path: string, request?: TestRequest): Promise<TestResponse>;
  /** Ends it. */
  stop(): Promise<void>;
}

const DEFAULT_PORT = 80;
const DEFAULT_TIMEOUT_MS = 30_000;
const LOOPBACK = "127.0.0.1";

/**
 * Boots an app and waits until it listens: on Node.js, or under `soloist test --image` as an image.
 *
 * @throws RunError when it ends first, or does not listen in time; the message has what it printed
 */
export async function boot(options: BootOptions = {}): Promise<Booted> {
  const { app = ".", args = [], port = DEFAULT_PORT, timeout = DEFAULT_TIMEOUT_MS } = options;
  const folder = mkdtempSync(join(tmpdir(), "soloist-test-"));
  const blocks = Object.entries(options.blocks ?? {}).map(([name, disk]) => {
    if (typeof disk === "string") return { name, value: disk };
    const value = join(folder, `${name}.img`);
    writeFileSync(value, "");
    truncateSync(value, disk);
    return { name, value };
  });
  let console = "";
  const start = process.env[IMAGE_VARIABLE] === undefined ? bootUnix : bootImage;
  let machine: BootedMachine;
  try {
    machine = await start({
      app,
      args,
      port,
      blocks,
      folder,
      console(bytes) {
        console += Buffer.from(bytes).toString();
      },
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const stop = async (): Promise<void> => {
    await machine.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RunError(`the app does not listen after ${timeout} ms`)), timeout);
  });
  try {
    const early = machine.ended.then((code) => {
      throw new RunError(`the app ended with exit code ${code} before it listened`);
    });
    const found = await Promise.race([machine.listening, early, late]);
    const url = `http://${LOOPBACK}:${found}`;
    return {
      url,
      address: LOOPBACK,
      port: found,
      get console() {
        return console;
      },
      ended: machine.ended,
      fetch: (path, request = {}) => fetch(new URL(path, url), request as RequestInit),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    if (error instanceof RunError) throw new RunError(console === "" ? error.message : `${error.message}:\n${console}`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

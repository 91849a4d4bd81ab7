import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { readApp } from "../app/app.ts";
import { buildImage } from "../app/build-image.ts";
import type { Target } from "../base.ts";
import { createDevBundler } from "../dev/dev-bundle.ts";
import { createMachineStarter } from "../dev/machine-process.ts";
import { inspectImage } from "../inspect.ts";
import { joinArguments, type PortForward } from "../run/options.ts";
import { runImage } from "../run/run-image.ts";

export interface MachineOptions {
  readonly app: string;
  readonly args: readonly string[];
  /** The app's port. */
  readonly port: number;
  readonly blocks: readonly { readonly name: string; readonly value: string }[];
  /** For files that go away with the machine. */
  readonly folder: string;
  console(bytes: Uint8Array): void;
}

export interface BootedMachine {
  /** The port of the host that is the app's, once it listens. */
  readonly listening: Promise<number>;
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** Set by `soloist test --image`: the target that tests boot. */
export const IMAGE_VARIABLE = "SOLOIST_TEST_TARGET";

const MEMORY_MB = 128;

/** The app on Node.js. */
export async function bootUnix(options: MachineOptions): Promise<BootedMachine> {
  const app = readApp(options.app);
  const bundler = await createDevBundler({ app, stack: "host", color: false, progress: () => {} });
  try {
    const { file } = await bundler.bundle();
    const starter = createMachineStarter({
      settings: { commandLine: joinArguments(options.args), ports: [], anyPort: true, blocks: options.blocks },
    });
    let listen!: (port: number) => void;
    const listening = new Promise<number>((resolve) => {
      listen = resolve;
    });
    const machine = starter.start(file, {
      console: options.console,
      error: options.console,
      report(message) {
        if (message.type === "listening" && message.protocol === "tcp" && message.guest === options.port) {
          listen(message.host);
        } else if (message.type === "failed") {
          options.console(Buffer.from(`${message.message}\n`));
        }
      },
    });
    return {
      listening,
      ended: machine.ended,
      async stop() {
        await machine.stop();
        await bundler[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await bundler[Symbol.asyncDispose]();
    throw error;
  }
}

/** The app as an image, on a user network. */
export async function bootImage(options: MachineOptions): Promise<BootedMachine> {
  const target = process.env[IMAGE_VARIABLE] as Target;
  const { path } = await buildImage({ app: options.app, target, out: join(options.folder, `app.${target}`) });
  const image = inspectImage(path);
  const host = await freePort();
  const forward: PortForward = { protocol: "tcp", address: "127.0.0.1", host, guest: options.port };
  const hasNetwork = image.devices.some(({ type }) => type === "NET_BASIC");
  const controller = new AbortController();
  let listen!: (port: number) => void;
  const listening = new Promise<number>((resolve) => {
    listen = resolve;
  });
  const ended = runImage({
    image,
    memory: MEMORY_MB,
    networks: [],
    macs: [],
    ports: hasNetwork ? [forward] : [],
    blocks: options.blocks,
    args: options.args,
    console: options.console,
    reachable: () => listen(host),
    signal: controller.signal,
  });
  return {
    listening,
    ended,
    async stop() {
      controller.abort();
      await ended.catch(() => {});
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

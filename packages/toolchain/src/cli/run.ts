import { closeSync, existsSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { stop } from "esbuild";
import { DEFAULT_ENTRY } from "../app/app.ts";
import { buildImage } from "../app/build-image.ts";
import { type Base, DEFAULT_TARGET, loadBase, type Target } from "../base.ts";
import { COMPOSE_FILE } from "../compose/compose-file.ts";
import { UsageError } from "../errors.ts";
import { inspectImage } from "../inspect.ts";
import { createConsoleLog } from "../logs/console-log.ts";
import { openDisk } from "../run/open-disk.ts";
import { formatForward, parseAssignment, parseMemory, parseNetwork, parsePortForward } from "../run/options.ts";
import { runImage } from "../run/run-image.ts";
import { watchImage } from "../run/watch-image.ts";
import { parse, parseTarget, single } from "./arguments.ts";
import { reporting } from "./build.ts";
import { RUN_HELP } from "./help.ts";
import { interruption } from "./interruption.ts";
import { formatSize, type Terminal } from "./terminal.ts";

const DEFAULT_MEMORY = 128;
/** QEMU's own. */
const GDB_PORT = 1234;
const ACCELERATORS = ["auto", "kvm", "tcg"] as const;

export async function runCommand(args: string[], terminal: Terminal): Promise<number> {
  const separator = args.indexOf("--");
  const own = separator < 0 ? args : args.slice(0, separator);
  const guestArguments = separator < 0 ? [] : args.slice(separator + 1);
  const { values, positionals } = parse(
    own,
    {
      target: { type: "string" },
      mem: { type: "string" },
      net: { type: "string", multiple: true },
      "net-mac": { type: "string", multiple: true },
      publish: { type: "string", short: "p", multiple: true },
      block: { type: "string", multiple: true },
      accel: { type: "string" },
      pcap: { type: "string", multiple: true },
      profile: { type: "string" },
      gdb: { type: "boolean" },
      "gdb-port": { type: "string" },
      "no-snapshot": { type: "boolean" },
      minify: { type: "boolean" },
      watch: { type: "boolean" },
      help: { type: "boolean" },
    },
    " (arguments of the app go behind --)",
  );
  if (values.help) {
    terminal.out(RUN_HELP);
    return 0;
  }
  const target = parseTarget(values.target);
  const options = {
    accelerator: parseAccelerator(values.accel),
    memory: values.mem === undefined ? DEFAULT_MEMORY : parseMemory(values.mem),
    networks: (values.net ?? []).map(parseNetwork),
    macs: (values["net-mac"] ?? []).map((text) => checkMac(parseAssignment("--net-mac", text))),
    ports: (values.publish ?? []).map(parsePortForward),
    blocks: (values.block ?? []).map(openDisk),
    args: guestArguments,
    pcaps: (values.pcap ?? []).map((text) => checkWritable("--pcap", parseAssignment("--pcap", text))),
    ...(values.profile === undefined ? {} : { profile: checkWritable("--profile", { value: values.profile }).value }),
    ...(values.gdb || values["gdb-port"] !== undefined ? { gdbPort: parseGdbPort(values["gdb-port"]) } : {}),
    say: (text: string) => terminal.error(text),
  };
  const path = single(positionals, "app or image") ?? ".";
  refuseComposition(path);
  let base: Base | undefined;
  const build = () => {
    base ??= loadBase(target ?? DEFAULT_TARGET);
    return buildImage({
      app: path,
      base,
      ...(target === undefined ? {} : { target }),
      snapshot: !values["no-snapshot"],
      minify: values.minify === true,
      ...reporting(terminal),
    });
  };
  const { signal, code: signalCode } = interruption();
  const boot = (file: string, end: AbortSignal, booted: () => void): Promise<number> => {
    const image = inspectImage(file);
    checkTarget(image.target, target);
    terminal.progress("booting");
    const log = createConsoleLog(image.app ?? basename(file));
    return runImage({
      ...options,
      image,
      signal: end,
      console(bytes) {
        if (bytes.length === 0) return;
        terminal.clearProgress();
        process.stdout.write(bytes);
        log.write(bytes);
      },
      started(how) {
        terminal.clearProgress();
        if (image.target === "virtio") {
          terminal.error(`${basename(file)}  ${formatSize(image.size)}  booted in ${how}\n`);
        }
        booted();
      },
      reachable(ports) {
        for (const port of ports) terminal.error(`${formatForward(port)}\n`);
      },
    }).finally(() => log.end());
  };

  if (values.watch) {
    if (isImage(path)) throw new UsageError(`--watch: ${path} is an image; name the app that it is built from`);
    await watchImage({
      build,
      run: ({ path: file }, end, booted) => boot(file, AbortSignal.any([signal, end]), booted),
      say: (text) => terminal.error(text),
      signal,
    });
    await stop();
    terminal.clearProgress();
    return signalCode();
  }
  const file = isImage(path) ? path : (await build()).path;
  await stop(); // esbuild's process, which would stay as long as the guest
  const code = await boot(file, signal, () => {});
  terminal.clearProgress();
  return signalCode() || code;
}

export function parseAccelerator(text: string | undefined): (typeof ACCELERATORS)[number] {
  const found = ACCELERATORS.find((name) => name === (text ?? "auto"));
  if (!found) throw new UsageError(`--accel ${text}: expected ${ACCELERATORS.join(", ")}`);
  return found;
}

function checkMac<T extends { readonly value: string }>(assignment: T): T {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(assignment.value)) {
    throw new UsageError(`--net-mac ${assignment.value}: expected six bytes, as in 02:00:00:00:00:01`);
  }
  return assignment;
}

function parseGdbPort(text = String(GDB_PORT)): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new UsageError(`--gdb-port ${text}: expected a port, 1 to 65535`);
  }
  return port;
}

/** Says now, not when the guest runs, that a file cannot be written. Its path is made absolute. */
function checkWritable<T extends { readonly value: string }>(flag: string, assignment: T): T {
  const path = resolve(assignment.value);
  try {
    writeFileSync(path, "");
  } catch (error) {
    throw new UsageError(`${flag} ${assignment.value}: ${(error as Error).message}`);
  }
  return { ...assignment, value: path };
}

function checkTarget(actual: string, wanted: Target | undefined): void {
  if (wanted !== undefined && actual !== wanted) throw new UsageError(`--target ${wanted}: the image is for ${actual}`);
}

/** Several machines have a command of their own, whose options are in the file. */
function refuseComposition(path: string): void {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const lists = isFolder
    ? existsSync(join(path, COMPOSE_FILE)) && !existsSync(join(path, DEFAULT_ENTRY))
    : path.endsWith(".compose.json");
  if (!lists) return;
  throw new UsageError(
    `run boots one machine, and ${path} lists several: soloist compose${path === "." ? "" : ` ${path}`}`,
  );
}

/** A file that is no module of TypeScript or JavaScript is taken for an image; inspecting it says when it is none. */
export function isImage(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
  } catch {
    return false;
  }
  if (/\.[cm]?[jt]sx?$/.test(path)) return false;
  const magic = Buffer.alloc(4);
  const file = openSync(path, "r");
  readSync(file, magic);
  closeSync(file);
  return magic.toString("latin1") === "\x7fELF" || !path.endsWith("package.json");
}

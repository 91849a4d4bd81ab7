import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { basePath, loadDescription, type Target } from "../base.ts";
import { RunError, UsageError } from "../errors.ts";
import { Profiler } from "../profile/profiler.ts";
import { startCaptures } from "./capture.ts";
import { type GuestCommand, type GuestProcess, startGuest } from "./guest-process.ts";
import { kvmVerdict, remember } from "./kvm.ts";
import type { PortForward } from "./options.ts";
import { type Accelerator, guestExitCode, type MachineOptions, qemuCommand } from "./qemu.ts";
import { sptCommand } from "./spt.ts";
import { createStackStream } from "./stack-stream.ts";
import { attachStandIns } from "./stand-ins.ts";
import { openUserNetworks } from "./user-network.ts";

export interface RunOptions extends Omit<MachineOptions, "accelerator"> {
  /** Default: auto. */
  readonly accelerator?: Accelerator | "auto";
  /** Bytes of the guest's console, its stacks mapped to TypeScript. */
  readonly console: (bytes: Uint8Array) => void;
  /** Tells in what the image booted, once it has: "QEMU (KVM)". */
  readonly started?: (how: string) => void;
  /** The app said that it listens, or time to say so passed: forwarded ports are worth a try. */
  readonly reachable?: (ports: readonly PortForward[]) => void;
  /** The app said that it listens, however late. */
  readonly listening?: () => void;
  /** Where to write a profile of the app's JavaScript, as Chrome's DevTools and speedscope read it. */
  readonly profile?: string;
  /** What is to be said beside the console. */
  readonly say?: (text: string) => void;
  /** Ends the guest. */
  readonly signal?: AbortSignal;
}

/** QEMU reports broken KVMs in these words, on stderr. */
const KVM_FAILURE =
  /KVM internal error|failed to initialize kvm|failed to set MSR|kvm_buf_set_msrs|Could not access KVM|invalid accelerator kvm|KVM_\w+ failed/i;
/** An app that says nothing counts as booted, and one that does not say that it listens as listening, after this long. */
const SILENT_MS = 3000;
const IDLE_FLUSH_MS = 50;
const SIGNAL_MS = 100;

/** Boots an image and waits for its end. Returns the app's exit code. */
export async function runImage(options: RunOptions): Promise<number> {
  const standIns = attachStandIns(options.image, options.blocks);
  try {
    return await runAttached({ ...options, blocks: standIns.blocks });
  } finally {
    standIns.remove();
  }
}

async function runAttached(options: RunOptions): Promise<number> {
  const { image } = options;
  if (image.target === "spt") {
    if (options.gdbPort !== undefined) throw new UsageError("--gdb works in QEMU: use --target virtio");
    return runTender(options);
  }
  if (image.target !== "virtio")
    throw new UsageError(`${image.file} is for ${image.target}; run starts spt and virtio images`);
  await checkPorts(options.ports);
  if (options.profile === undefined) return runMachine(options);
  const folder = mkdtempSync(join(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), "soloist-memory-"));
  try {
    return await runMachine({ ...options, memoryFile: join(folder, "ram") });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runTender(options: RunOptions): Promise<number> {
  await checkPorts(options.ports);
  await using user = await openUserNetworks(options);
  // Ctrl-C at a terminal reaches the network's process, too, and is to be heard first.
  user?.failed.catch((error: Error) =>
    setTimeout(() => options.signal?.aborted || options.say?.(`soloist: ${error.message}\n`), SIGNAL_MS),
  );
  const command = sptCommand(user ? { ...options, networks: user.networks, macs: user.macs, ports: [] } : options);
  const captures = await startCaptures(options);
  const reachable: RunOptions["reachable"] = (ports) => {
    if (user === undefined) options.reachable?.(ports);
    else user.ready.then(() => options.reachable?.(ports)).catch(() => {}); // said above
  };
  const result = await runOnce({ ...options, reachable }, command, "the spt tender").finally(() => captures.stop());
  if (result.diagnostics) process.stderr.write(result.diagnostics);
  return result.code;
}

/** Files here are memory; elsewhere a guest's would be written to a disk now and then. */
const SHARED_MEMORY = "/dev/shm";

async function runMachine(options: RunOptions): Promise<number> {
  const wanted = options.accelerator ?? "auto";
  const verdict = wanted === "auto" ? await kvmVerdict() : undefined;
  const accelerator = verdict ? (verdict.works ? "kvm" : "tcg") : (wanted as Accelerator);
  const command = qemuCommand({ ...options, accelerator });
  if (options.gdbPort !== undefined) options.say?.(describeDebugging(options.gdbPort, accelerator));
  const reason = verdict && !verdict.works ? `: ${verdict.reason}` : "";
  const result = await runOnce(options, command, `QEMU (${accelerator.toUpperCase()}${reason})`);
  const code = guestExitCode(result.code);
  if (accelerator === "kvm" && !result.spoke && KVM_FAILURE.test(result.diagnostics)) {
    if (wanted === "kvm") throw new RunError(`this host's KVM does not work: ${firstLine(result.diagnostics)}`);
    remember(false);
    return runMachine(options);
  }
  if (code === undefined) {
    throw new RunError(
      explainTap(result.diagnostics) ?? (firstLine(result.diagnostics) || "QEMU failed without saying why"),
    );
  }
  if (result.diagnostics && !options.signal?.aborted) process.stderr.write(result.diagnostics);
  return code;
}

/** Breakpoints of KVM guests that are instructions in memory would be overwritten when the image is loaded. */
function describeDebugging(port: number, accelerator: Accelerator): string {
  const command = accelerator === "kvm" ? "hbreak" : "break";
  return [
    "The machine waits for a debugger. In another terminal:",
    `  gdb -ex "target remote 127.0.0.1:${port}" -ex "${command} kernel_main" -ex continue ${basePath("virtio")}`,
    "",
  ].join("\n");
}

/** What QEMU says of a tap interface that is not there, and that this user may not make, names neither. */
function explainTap(diagnostics: string): string | undefined {
  const name = /could not (?:configure|open) \/dev\/net\/tun \((\S+)\): Operation not permitted/.exec(diagnostics)?.[1];
  if (name === undefined) return undefined;
  return `--net tap:${name}: there is no such interface of this user; sudo ip tuntap add ${name} mode tap user $USER makes one`;
}

const firstLine = (text: string) => (text.split("\n").find((line) => line.trim() !== "") ?? "").trim();

interface Ended {
  readonly code: number;
  readonly diagnostics: string;
  /** Whether anything came over the console. */
  readonly spoke: boolean;
}

async function runOnce(options: RunOptions, command: GuestCommand, how: string): Promise<Ended> {
  const stacks = createStackStream(`${options.image.file}.map`);
  let diagnostics = "";
  let spoke = false;
  let isStarted = false;
  const started = () => {
    if (!isStarted) options.started?.(how);
    isStarted = true;
  };
  let flush: NodeJS.Timeout | undefined;
  // What it says comes later than these lines end; timers of a guest that cannot be started would outlive it.
  const guest: GuestProcess = startGuest(command, {
    console(chunk) {
      started();
      spoke = true;
      announce.console(chunk);
      options.console(stacks.push(chunk));
      clearTimeout(flush);
      flush = setTimeout(() => options.console(stacks.end()), IDLE_FLUSH_MS);
    },
    error(chunk) {
      diagnostics += Buffer.from(chunk).toString();
    },
  });
  const silence = setTimeout(started, SILENT_MS); // before the ports are announced, after the same time
  const announce = createAnnouncement(options);
  const profiler = startProfiler(options, guest.pid);
  const stop = () => guest.stop();
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();
  try {
    const code = await guest.ended;
    if (code === 0) started();
    return { code, diagnostics, spoke };
  } finally {
    clearTimeout(silence);
    clearTimeout(flush);
    const profiled = profiler?.stop();
    announce.stop();
    options.console(stacks.end());
    options.signal?.removeEventListener("abort", stop);
    if (profiled !== undefined) options.say?.(profiled);
  }
}

function startProfiler({ profile, image, memoryFile }: RunOptions, pid: number | undefined): Profiler | undefined {
  if (profile === undefined || pid === undefined) return undefined;
  return new Profiler({
    memory: memoryFile ?? `/proc/${pid}/mem`,
    pid,
    base: loadDescription(image.target as Target),
    map: `${image.file}.map`,
    file: profile,
  });
}

/**
 * QEMU's user network accepts connections before the guest does, so that a connection proves nothing: what the app says on
 * its console counts.
 */
function createAnnouncement({ reachable, listening, ports }: RunOptions) {
  let hasSaid = reachable === undefined && listening === undefined;
  let isReachable = reachable === undefined;
  let tail = "";
  const done = () => {
    clearTimeout(timer);
    if (!isReachable) reachable?.(ports);
    isReachable = true;
  };
  const timer = isReachable ? undefined : setTimeout(done, SILENT_MS);
  return {
    console(chunk: Uint8Array) {
      if (hasSaid) return;
      tail = (tail + Buffer.from(chunk).toString("latin1")).slice(-4096);
      if (!/\blisten(ing|s)?\b.*\n/i.test(tail)) return;
      hasSaid = true;
      // After the console has printed the line.
      setImmediate(() => {
        done();
        listening?.();
      });
    },
    stop() {
      clearTimeout(timer);
      isReachable = true;
    },
  };
}

/** One clear line instead of QEMU's, which names neither the port's owner nor a way out. */
export async function checkPorts(ports: readonly PortForward[]): Promise<void> {
  for (const port of ports) {
    try {
      await (port.protocol === "tcp" ? tryTcp(port) : tryUdp(port));
    } catch (error) {
      throw new RunError(explainPort(port, error as NodeJS.ErrnoException));
    }
  }
}

function explainPort({ protocol, host, guest }: PortForward, { code, message }: NodeJS.ErrnoException): string {
  const other = (port: number) => `-p ${port}:${guest}${protocol === "udp" ? "/udp" : ""}`;
  if (code === "EADDRINUSE") return `port ${host} is in use: choose another, for example ${other(host + 1)}`;
  if (code === "EACCES") {
    return `port ${host} may not be opened by this user: choose one above 1023, for example ${other(8080)}`;
  }
  return `port ${host}: ${message}`;
}

function tryTcp({ address, host }: PortForward): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen({ host: address, port: host }, () => server.close(() => resolve()));
  });
}

function tryUdp({ address, host }: PortForward): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4").once("error", reject);
    socket.bind(host, address, () => socket.close(() => resolve()));
  });
}

/** Compiles the C programs of this folder as kernels of their own and boots them in QEMU, without KVM. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ASSEMBLER_FLAGS, KERNEL_FLAGS } from "../../src/builder/flags.ts";
import { layoutHeader, readLayout } from "../../src/builder/layout.ts";
import { link, modulesScript } from "../../src/builder/link.ts";

const ROOT = join(import.meta.dirname, "../..");
const TARGET = join(ROOT, "src/virtio");
const COMMON = join(ROOT, "src/common");

export const layout = readLayout(join(ROOT, "layout.json"));

/** Why these tests cannot run here; undefined when they can. */
export const missing = ["gcc", "ld", "qemu-system-x86_64"].find(
  (command) => spawnSync(command, ["--version"]).error !== undefined,
);

let objects: string[] | undefined;
const directory = mkdtempSync(join(tmpdir(), "soloist-virtio-"));
const includes = [directory, TARGET, import.meta.dirname, join(ROOT, "include"), COMMON];

function compile(source: string, flags: readonly string[] = []): string {
  const object = join(directory, `${source.replaceAll(/[/.]/g, "-").slice(-60)}.o`);
  const own = source.endsWith(".S") ? ASSEMBLER_FLAGS : KERNEL_FLAGS;
  const args = [...own, ...flags, ...includes.map((path) => `-I${path}`), "-c", source, "-o", object];
  const { status, stderr } = spawnSync("gcc", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return object;
}

function targetObjects(): string[] {
  if (objects !== undefined) return objects;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "layout.h"), layoutHeader(layout));
  writeFileSync(join(directory, "modules.lds.h"), modulesScript([]));
  const own = readdirSync(TARGET).filter((file) => /\.[cS]$/.test(file));
  const sources = [...own.map(targetSource), commonSource("net-header.c"), testSource("support.c")];
  objects = sources.map((source) => compile(source));
  return objects;
}

/** Path of the image of `name`.c. */
export function build(name: string): string {
  const shared = targetObjects();
  const output = join(directory, `${name}.elf`);
  link(join(TARGET, "link.lds"), includes, [...shared, compile(join(import.meta.dirname, `${name}.c`))], output);
  return output;
}

/** Compiles `sources` for the host, with sanitizers; each run is one argument, the result what it printed. */
export function runOnHost(name: string, sources: readonly string[], runs: readonly number[]): string[] {
  targetObjects();
  // Copied, because a file finds the headers of its own folder first.
  const copies = sources.map((source) => {
    const copy = join(directory, `host-${basename(source)}`);
    copyFileSync(source, copy);
    return copy;
  });
  const program = join(directory, name);
  const own = ["-O1", "-g", "-std=gnu11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const paths = [join(import.meta.dirname, "played"), ...includes].map((path) => `-I${path}`);
  const compiled = spawnSync("gcc", [...own, ...paths, ...copies, "-o", program], { encoding: "utf8" });
  if (compiled.status !== 0) throw new Error(compiled.stderr);
  return runs.map((run) => {
    const { stdout, stderr } = spawnSync(program, [String(run)], { encoding: "utf8", timeout: 120_000 });
    return stdout + stderr;
  });
}

/** A file of the target. */
export const targetSource = (name: string) => join(TARGET, name);
/** A file that all targets share. */
export const commonSource = (name: string) => join(COMMON, name);
/** A file of this folder. */
export const testSource = (name: string) => join(import.meta.dirname, name);

export const temporary = (name: string) => join(directory, name);

export interface Options {
  machine?: string;
  cpu?: string;
  /** MiB */
  memory?: number;
  append?: string;
  devices?: readonly string[];
  serial?: "stdio" | "none";
}

export interface Result {
  output: string;
  /** As the program gave it: exit.c says how it gets through QEMU's. */
  status: number;
}

/** Of QEMU's exit code. */
export const decodeStatus = (code: number) => (code === 0 || code === 255 ? code : (code - 1) / 2);

/**
 * QEMU's machine without PCI: devices over MMIO, which it names on the command line when there is no ACPI. The nearest that there
 * is to Firecracker.
 */
export const MICROVM = "microvm,acpi=off";
/** For devices of virtio 1. */
export const MICROVM_MODERN = ["-global", "virtio-mmio.force-legacy=false"];
/** What names of QEMU's virtio devices end with. */
export const busOf = (machine: string) => (machine.startsWith("microvm") ? "device" : "pci");

export class Guest {
  output = "";
  readonly process: ChildProcess;
  readonly ended: Promise<Result>;

  constructor(image: string, options: Options = {}, seconds = 120) {
    const serial = options.serial ?? "stdio";
    this.process = spawn("qemu-system-x86_64", [
      ...["-nodefaults", "-display", "none", "-no-reboot", "-accel", "tcg", "-cpu", options.cpu ?? "max"],
      ...["-M", options.machine ?? "pc", "-m", String(options.memory ?? 64), "-kernel", image],
      ...(serial === "none" ? [] : ["-serial", serial]),
      ...["-device", "isa-debug-exit,iobase=0x501,iosize=2"],
      ...(options.append === undefined ? [] : ["-append", options.append]),
      ...(options.devices ?? []),
    ]);
    const collect = (chunk: Buffer) => {
      this.output += chunk.toString("latin1");
    };
    this.process.stdout?.on("data", collect);
    this.process.stderr?.on("data", collect);
    const timer = setTimeout(() => this.process.kill("SIGKILL"), seconds * 1000);
    this.ended = new Promise((resolve, reject) => {
      this.process.on("error", reject);
      this.process.on("close", (code) => {
        clearTimeout(timer);
        if (code === null) reject(new Error(`killed after ${seconds} s; its output: ${this.output}`));
        else resolve({ output: this.output, status: decodeStatus(code) });
      });
    });
    this.ended.catch(() => {});
  }

  /** Until the output holds `text`. */
  async until(text: string): Promise<void> {
    let over = false;
    const end = this.ended.finally(() => {
      over = true;
    });
    while (!this.output.includes(text)) {
      if (over) throw new Error(`ended without printing "${text}": ${this.output}`);
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 10)), end]);
    }
  }

  stop(): void {
    this.process.kill("SIGKILL");
  }
}

export const boot = (image: string, options?: Options, seconds?: number) => new Guest(image, options, seconds).ended;

/** A network for a guest on loopback: every UDP datagram is an Ethernet frame. */
export class Wire {
  readonly frames: Buffer[] = [];
  private waiting: (() => void) | undefined;
  private readonly socket: Socket;
  private readonly guestPort: number;

  private constructor(socket: Socket, guestPort: number) {
    this.socket = socket;
    this.guestPort = guestPort;
    socket.on("message", (frame) => {
      this.frames.push(frame);
      this.waiting?.();
    });
  }

  static async open(): Promise<Wire> {
    const bound = async () => {
      const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
      await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
      return socket;
    };
    const socket = await bound();
    const guest = await bound();
    const guestPort = guest.address().port;
    await new Promise<void>((resolve) => guest.close(() => resolve()));
    return new Wire(socket, guestPort);
  }

  /** For -netdev. */
  backend(id: string): string[] {
    const port = this.socket.address().port;
    return ["-netdev", `socket,id=${id},udp=127.0.0.1:${port},localaddr=127.0.0.1:${this.guestPort}`];
  }

  send(frame: Uint8Array): void {
    this.socket.send(frame, this.guestPort, "127.0.0.1");
  }

  /** Until there are `count` frames since `frames` was last emptied, or time is up. */
  async receive(count: number, milliseconds = 60_000): Promise<void> {
    const end = Date.now() + milliseconds;
    while (this.frames.length < count && Date.now() < end)
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
        setTimeout(resolve, 20);
      });
  }

  close(): void {
    this.socket.close();
  }
}

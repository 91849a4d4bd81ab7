import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Namespace } from "@soloist/tool-wire";
import type { Target } from "./images.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Addresses of the two ends of a test's cable, and what a guest is told of them. */
export const HOST = "10.0.0.1";
export const GUEST = "10.0.0.2";
export const ADDRESS: readonly string[] = [`--ipv4=${GUEST}/24`, `--ipv4-gateway=${HOST}`];

export interface GuestOptions {
  readonly target: Target;
  readonly image: string;
  /** Megabytes. */
  readonly memory?: number;
  readonly args?: readonly string[];
  /** Where its taps are, and it runs. */
  readonly namespace?: Namespace;
  /** Tap of each network device. On virtio the order counts, not the name. */
  readonly nets?: Readonly<Record<string, string>>;
  /** File of each block device. */
  readonly blocks?: Readonly<Record<string, string>>;
  /** Of the only network device on virtio, without a tap: QEMU's user network, with this port of loopback sent to a port of the guest. */
  readonly forward?: { readonly from: number; readonly to: number };
  /**
   * Whether network devices offer to fill in checksums and to cut and join segments: true, unless said otherwise; or, of QEMU's,
   * their properties, as in `csum=off`. Who takes frames off the tap by a packet socket gets them unfinished.
   */
  readonly offloads?: boolean | string;
  /** The image is a disk, which this firmware of QEMU boots: by IDE, or as a virtio device in front of the others. */
  readonly disk?: { readonly firmware: "bios" | "uefi"; readonly virtio?: boolean };
  /** QEMU's machine without PCI, in place of `pc`: as near to Firecracker as there is. */
  readonly microvm?: boolean;
  /** QEMU's `-cpu`; `max` otherwise. */
  readonly cpu?: string;
  /** Another tender for spt images. */
  readonly tender?: string;
}

export const tender = `${root}packages/tender/dist/soloist-spt`;

function sptCommand(options: GuestOptions): string[] {
  const command = [options.tender ?? tender, `--mem=${options.memory ?? 64}`];
  for (const [name, tap] of Object.entries(options.nets ?? {})) command.push(`--net:${name}=${tap}`);
  if (options.offloads === false) for (const name in options.nets) command.push(`--net-offloads:${name}=off`);
  for (const [name, path] of Object.entries(options.blocks ?? {})) command.push(`--block:${name}=${path}`);
  return [...command, "--", options.image, ...(options.args ?? [])];
}

/** Of Debian's package ovmf. */
export const UEFI_FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.fd";

function qemuCommand(options: GuestOptions): string[] {
  const command = [
    "qemu-system-x86_64",
    "-machine",
    options.microvm ? "microvm,acpi=off" : "pc",
    "-accel",
    "tcg",
    "-cpu",
    options.cpu ?? "max",
    "-m",
    `${options.memory ?? 64}`,
  ];
  command.push("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio");
  command.push("-device", "isa-debug-exit,iobase=0x501,iosize=2");
  if (options.disk) {
    const device = options.disk.virtio ? "virtio-blk-pci" : "ide-hd";
    command.push("-drive", `if=none,id=boot,format=raw,snapshot=on,file=${options.image}`);
    command.push("-device", `${device},drive=boot,bootindex=0`);
  } else command.push("-kernel", options.image);
  if (options.disk?.firmware === "uefi")
    command.push("-drive", `if=pflash,format=raw,readonly=on,file=${UEFI_FIRMWARE}`);
  if (options.args?.length) command.push("-append", options.args.join(" "));
  const properties = typeof options.offloads === "string" ? `,${options.offloads}` : "";
  const bus = options.microvm ? "device" : "pci";
  if (options.microvm) command.push("-global", "virtio-mmio.force-legacy=false");
  const device = (index: number) => ["-device", `virtio-net-${bus},netdev=net${index}${properties}`];
  const header = options.offloads === false ? ",vnet_hdr=off" : "";
  Object.values(options.nets ?? {}).forEach((tap, index) => {
    command.push("-netdev", `tap,id=net${index},ifname=${tap},script=no,downscript=no${header}`, ...device(index));
  });
  if (options.forward) {
    const { from, to } = options.forward;
    command.push("-netdev", `user,id=net0,hostfwd=tcp:127.0.0.1:${from}-:${to}`, ...device(0));
  }
  Object.values(options.blocks ?? {}).forEach((path, index) => {
    command.push(
      "-drive",
      `if=none,format=raw,id=disk${index},file=${path}`,
      "-device",
      `virtio-blk-${bus},drive=disk${index}`,
    );
  });
  return command;
}

/** The image's own exit code, from QEMU's: packages/kernel/src/virtio/exit.c says how it gets there. */
function exitCode(target: Target, code: number): number {
  if (target === "spt" || code === 0) return code;
  return code === 255 ? 255 : code % 2 === 1 ? (code - 1) / 2 : code;
}

/** Seconds that a busy machine may take for anything that is over at once elsewhere. */
const PATIENCE = 240;

const running = new Set<Guest>();
process.on("exit", () => {
  for (const guest of running) guest.kill("SIGKILL");
});

/** A machine that runs an image, until it ends or is disposed. */
export class Guest implements AsyncDisposable {
  readonly pid: number;
  /** Everything on its console so far. */
  output = "";
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  /** Exit code of the image; of a machine that a signal ended, 128 + its number. */
  readonly ended: Promise<number>;

  static boot(options: GuestOptions): Guest {
    return new Guest(options);
  }

  private constructor(options: GuestOptions) {
    const [command, ...args] = options.target === "spt" ? sptCommand(options) : qemuCommand(options);
    const stdio = ["ignore", "pipe", "pipe"] as const;
    this.#child =
      options.namespace?.spawn(command!, args, { stdio: [...stdio] }) ?? spawn(command!, args, { stdio: [...stdio] });
    this.pid = this.#child.pid!;
    running.add(this);
    const collect = (chunk: Buffer) => {
      this.output += chunk.toString("latin1");
      for (const listener of [...this.#listeners]) listener();
    };
    this.#child.stdout!.on("data", collect);
    this.#child.stderr!.on("data", collect);
    this.ended = once(this.#child, "close").then(([code, signal]) => {
      running.delete(this);
      for (const listener of [...this.#listeners]) listener();
      return signal === null ? exitCode(options.target, code as number) : 128 + signalNumber(signal as string);
    });
  }

  get alive(): boolean {
    return running.has(this);
  }

  /** Waits for whole lines on the console that match. Rejects when the machine ends without them, or after `seconds`. */
  says(pattern: RegExp, seconds = PATIENCE): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.#listeners.delete(look);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no ${pattern} within ${seconds} s on the console:\n${this.output}`));
      }, seconds * 1000);
      const look = () => {
        // QEMU's serial port hands lines over in pieces: the end of half a line could match, and a number lose its digits.
        const match = pattern.exec(this.alive ? this.output.slice(0, this.output.lastIndexOf("\n") + 1) : this.output);
        if (match) {
          stop();
          resolve(match);
        } else if (!this.alive) {
          stop();
          reject(new Error(`the machine ended without ${pattern} on its console:\n${this.output}`));
        }
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Its exit code, or an error with its console when it has not ended after `seconds`. */
  async code(seconds = PATIENCE): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`still running after ${seconds} s:\n${this.output}`)), seconds * 1000);
    });
    try {
      return await Promise.race([this.ended, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  kill(signal: NodeJS.Signals): void {
    if (this.alive) this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.ended;
  }
}

function signalNumber(name: string): number {
  const numbers: Record<string, number> = {
    SIGINT: 2,
    SIGILL: 4,
    SIGABRT: 6,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGTERM: 15,
    SIGSYS: 31,
  };
  return numbers[name] ?? 0;
}

/**
 * A KVM that is the same everywhere: QEMU's TCG emulates AMD's SVM, so Debian's kernel in it has a KVM, in which QEMU boots
 * images. Everything comes from installed packages; the machine is made in memory and thrown away.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { decodeStatus, type Result, temporary, missing as tool } from "./machine.ts";

const QEMU = "/usr/bin/qemu-system-x86_64";
const BUSYBOX = "/bin/busybox";
/** QEMU looks for them beside its own place. */
const FIRMWARE = [
  "seabios/bios-256k.bin",
  "qemu/qboot.rom",
  "qemu/pvh.bin",
  "qemu/linuxboot_dma.bin",
  "qemu/kvmvapic.bin",
].map((file) => `/usr/share/${file}`);
/** MiB. */
const MEMORY = 384;

const wanted = process.env.SOLOIST_TEST_KVM ?? "";
/** Where the kernel's package is: installed, or unpacked with `dpkg -x`. */
const root = wanted.startsWith("/") ? wanted : "/";

interface Kernel {
  readonly image: string;
  /** Paths, in the order in which they have to be loaded. */
  readonly modules: readonly string[];
}

function findKernel(): Kernel | undefined {
  const folder = join(root, "lib/modules");
  for (const release of existsSync(folder) ? readdirSync(folder) : []) {
    const image = join(root, "boot", `vmlinuz-${release}`);
    if (!existsSync(image)) continue;
    const files = readdirSync(join(folder, release, "kernel"), { recursive: true, encoding: "utf8" });
    const byName = new Map(
      files.map(
        (file) =>
          [
            basename(file)
              .replace(/\.ko(\.xz)?$/, "")
              .replaceAll("-", "_"),
            file,
          ] as const,
      ),
    );
    const modules: string[] = [];
    const add = (name: string): void => {
      const file = byName.get(name.replaceAll("-", "_"));
      if (file === undefined) return;
      const path = join(folder, release, "kernel", file);
      if (modules.includes(path)) return;
      const depends = /\0depends=([^\0]*)\0/.exec(readModule(path).toString("latin1"))?.[1] ?? "";
      for (const other of depends.split(",").filter(Boolean)) add(other);
      modules.push(path);
    };
    add("kvm_amd");
    if (modules.length > 0) return { image, modules };
  }
  return undefined;
}

const readModule = (path: string) =>
  path.endsWith(".xz") ? execFileSync("xz", ["-dc", path], { maxBuffer: 1 << 28 }) : readFileSync(path);

const kernel = wanted === "" ? undefined : findKernel();

function whyMissing(): string | undefined {
  if (wanted === "") return "SOLOIST_TEST_KVM is not set";
  if (tool !== undefined) return `no ${tool}`;
  if (kernel === undefined) return `no Debian package linux-image-cloud-amd64 or linux-image-amd64 in ${root}`;
  if (!existsSync(BUSYBOX)) return "no Debian package busybox-static";
  const file = [QEMU, ...FIRMWARE].find((path) => !existsSync(path));
  return file === undefined ? undefined : `no ${file}`;
}

/** Why there is no such KVM here; undefined when there is one. */
export const missing = whyMissing();

/** An archive in the format that the kernel unpacks at boot: "newc" of cpio(5). */
class Archive {
  readonly #file: number;
  readonly #folders = new Set<string>();
  #entries = 0;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  #put(name: string, mode: number, data: Uint8Array, device: readonly [number, number] = [0, 0]): void {
    const fields = [++this.#entries, mode, 0, 0, 1, 0, data.length, 0, 0, ...device, name.length + 1, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
    const padding = (length: number) => Buffer.alloc(-length & 3);
    writeSync(this.#file, Buffer.concat([Buffer.from(header), padding(header.length)]));
    writeSync(this.#file, Buffer.concat([data, padding(data.length)]));
  }

  folder(path: string): void {
    if (path === "/" || this.#folders.has(path)) return;
    this.folder(dirname(path));
    this.#folders.add(path);
    this.#put(path.slice(1), 0o040755, Buffer.alloc(0));
  }

  file(path: string, data: Uint8Array | string): void {
    this.folder(dirname(path));
    this.#put(path.slice(1), 0o100755, Buffer.from(data));
  }

  console(): void {
    this.folder("/dev");
    this.#put("dev/console", 0o020600, Buffer.alloc(0), [5, 1]);
  }

  end(): void {
    this.#put("TRAILER!!!", 0, Buffer.alloc(0));
    closeSync(this.#file);
  }
}

export interface Job {
  /** Path of the image on this machine. */
  readonly image: string;
  readonly machine?: string;
  /** Behind `-cpu host`. */
  readonly cpu?: string;
  readonly append?: string;
  /** There is a disk of 1 MiB at /tmp/disk. */
  readonly devices?: readonly string[];
  /** A shell script around the machine's command, "$@". */
  readonly script?: string;
}

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

function command(job: Job, number: number): string {
  const words = [
    ...[QEMU, "-machine", job.machine ?? "pc", "-accel", "kvm", "-cpu", `host${job.cpu ?? ""}`, "-m", "64"],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio"],
    ...["-device", "isa-debug-exit,iobase=0x501,iosize=2", "-kernel", `/images/${basename(job.image)}`],
    ...(job.append === undefined ? [] : ["-append", job.append]),
    ...(job.devices ?? []),
  ];
  const body = job.script ?? 'timeout 20 "$@"';
  return `job() {\n${body}\n}\necho "<${number}>"; job ${words.map(quote).join(" ")} </dev/null 2>&1; echo "</${number} $?>"\n`;
}

const INIT = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev; mount -t tmpfs tmpfs /tmp
mount -t tracefs tracefs /sys/kernel/tracing
for module in /modules/*; do insmod $module; done
dd if=/dev/zero of=/tmp/disk bs=1M count=1 2>/dev/null
. /jobs
poweroff -f
`;

/** Boots the machine once and runs the jobs in it, one after the other. */
export async function runNested(jobs: readonly Job[], seconds: number): Promise<Result[]> {
  if (kernel === undefined) throw new Error("no kernel");
  const path = temporary("nested.cpio");
  const archive = new Archive(path);
  for (const folder of ["/proc", "/sys", "/tmp"]) archive.folder(folder);
  archive.console();
  archive.file("/init", INIT);
  archive.file("/jobs", jobs.map(command).join(""));
  archive.file(BUSYBOX, readFileSync(BUSYBOX));
  for (const [index, module] of kernel.modules.entries()) archive.file(`/modules/${index}.ko`, readModule(module));
  archive.file(QEMU, readFileSync(QEMU));
  const libraries = execFileSync("ldd", [QEMU], { encoding: "utf8" });
  for (const [, library] of libraries.matchAll(/(\/\S+) \(0x/g))
    archive.file(library!, readFileSync(realpathSync(library!)));
  for (const file of FIRMWARE) archive.file(file, readFileSync(file));
  for (const image of new Set(jobs.map((job) => job.image)))
    archive.file(`/images/${basename(image)}`, readFileSync(image));
  archive.end();

  const machine = spawn(QEMU, [
    ...[
      "-machine",
      "q35",
      "-accel",
      "tcg,tb-size=64",
      "-cpu",
      "max",
      "-m",
      String(MEMORY),
      "-nodefaults",
      "-display",
      "none",
    ],
    ...["-no-reboot", "-serial", "stdio", "-kernel", kernel.image, "-initrd", path],
    ...["-append", "console=ttyS0 quiet loglevel=0 panic=-1"],
  ]);
  let output = "";
  for (const stream of [machine.stdout, machine.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("latin1");
    });
  const timer = setTimeout(() => machine.kill("SIGKILL"), seconds * 1000);
  await new Promise<void>((resolve, reject) => {
    machine.on("error", reject);
    machine.on("close", () => resolve());
  });
  clearTimeout(timer);
  rmSync(path);
  writeFileSync(temporary("nested.log"), output);
  return jobs.map((_, number) => {
    const found = new RegExp(`<${number}>\\r\\n([\\s\\S]*)</${number} (\\d+)>`).exec(output);
    if (found === null) throw new Error(`job ${number} did not end; all output: ${output}`);
    return { output: found[1]!.replaceAll("\r\n", "\n"), status: decodeStatus(Number(found[2])) };
  });
}

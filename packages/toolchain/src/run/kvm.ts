import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadBase } from "../base.ts";
import { emitProbe } from "../image.ts";
import { describeImage } from "../inspect.ts";
import { type GuestProcess, startGuest } from "./guest-process.ts";
import { type Accelerator, qemuCommand } from "./qemu.ts";

export type KvmVerdict =
  | { readonly works: true }
  /** `reason` ends a sentence: "there is no /dev/kvm". */
  | { readonly works: false; readonly reason: string };

const PROBE_TIMEOUT_MS = 4000;

/**
 * Whether this host's KVM boots an image. Its existence says little: in a virtual machine it may refuse an ordinary guest,
 * or run one that never gets anywhere. So a kernel without an app is booted once; the answer is remembered for as long as
 * the host's kernel is the same.
 */
export async function kvmVerdict(): Promise<KvmVerdict> {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? { works: false, reason: "this host has no KVM" }
      : { works: false, reason: "/dev/kvm is not accessible to this user" };
  }
  const known = recall();
  if (known !== undefined) return toVerdict(known);
  const works = await probe("kvm", PROBE_TIMEOUT_MS);
  remember(works);
  return toVerdict(works);
}

const toVerdict = (works: boolean): KvmVerdict =>
  works ? { works } : { works, reason: "this host's KVM does not work" };

/** How the bare kernel ends where all is well: packages/kernel/src/common/main.c and exit.c of its virtio target. */
const NO_APP = "this is a base without an app";
const FATAL = 255;

/**
 * Whether a bare kernel that ended so ran as it should. Words alone prove little: it also speaks when the processor lacks
 * something, which TCG's has, and when an instruction fails that should not.
 */
export const hasRun = (code: number, console: string): boolean => code === FATAL && console.includes(NO_APP);

/** Boots the bare kernel: it finds no app, says so and ends, when the processor runs as it should. */
export async function probe(accelerator: Accelerator, milliseconds: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "soloist-kvm-"));
  const file = join(folder, "probe.virtio");
  const bytes = emitProbe(loadBase("virtio"));
  writeFileSync(file, bytes);
  const command = qemuCommand({
    image: describeImage(file, bytes),
    accelerator,
    memory: 32,
    networks: [],
    macs: [],
    ports: [],
    blocks: [],
    args: [],
  });
  let console = "";
  let guest: GuestProcess | undefined;
  const timer = setTimeout(() => guest?.stop(), milliseconds);
  try {
    guest = startGuest(command, {
      console(chunk) {
        console += Buffer.from(chunk).toString("latin1");
      },
      error() {},
    });
    return hasRun(await guest.ended, console);
  } finally {
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}

const cachePath = () => join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "soloist", "kvm.json");

function recall(): boolean | undefined {
  try {
    const cached = JSON.parse(readFileSync(cachePath(), "utf8")) as { release?: unknown; works?: unknown };
    return cached.release === release() && typeof cached.works === "boolean" ? cached.works : undefined;
  } catch {
    return undefined;
  }
}

/** Corrects what is remembered, too, when an image fails where the probe did not. */
export function remember(works: boolean): void {
  try {
    mkdirSync(dirname(cachePath()), { recursive: true });
    writeFileSync(cachePath(), `${JSON.stringify({ release: release(), works })}\n`);
  } catch {
    // A cache that cannot be written costs the next run a moment.
  }
}

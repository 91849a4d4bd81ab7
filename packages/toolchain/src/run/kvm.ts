import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadBase } from "../base.ts";
import { emitProbe } from "../image.ts";
import { describeImage } from "../inspect.ts";
import { type GuestProcess, startGuest } from "./guest-process.ts";
import { qemuCommand } from "./qemu.ts";

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
  const works = await probe();
  remember(works);
  return toVerdict(works);
}

const toVerdict = (works: boolean): KvmVerdict =>
  works ? { works } : { works, reason: "this host's KVM does not work" };

/** Boots the bare kernel: it finds no app, says so and ends, when the processor runs at all. */
async function probe(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "soloist-kvm-"));
  const file = join(folder, "probe.virtio");
  const bytes = emitProbe(loadBase("virtio"));
  writeFileSync(file, bytes);
  const command = qemuCommand({
    image: describeImage(file, bytes),
    accelerator: "kvm",
    memory: 32,
    networks: [],
    macs: [],
    ports: [],
    blocks: [],
    args: [],
  });
  let spoke = false;
  let guest: GuestProcess | undefined;
  const timer = setTimeout(() => guest?.stop(), PROBE_TIMEOUT_MS);
  try {
    guest = startGuest(command, {
      console() {
        spoke = true;
      },
      error() {},
    });
    await guest.ended;
    return spoke;
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

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findPackage } from "./base.ts";
import { findCommand } from "./run/find-command.ts";
import { type KvmVerdict, kvmVerdict } from "./run/kvm.ts";
import { QEMU } from "./run/qemu.ts";

/** One thing that Soloist uses, and whether it is there. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** Found: which version or where. Missing: what goes without it. */
  readonly detail: string;
  /** Whether images cannot be built or run without it. */
  readonly required: boolean;
  /** Debian and Ubuntu package that brings it. */
  readonly apt?: string;
}

interface Tool {
  readonly name: string;
  readonly purpose: string;
  readonly apt: string;
  readonly required: boolean;
  /** Used only where the kernel and the tender are compiled: packages from npm bring them built. */
  readonly compiles?: boolean;
}

const TOOLS: readonly Tool[] = [
  {
    name: "gcc",
    purpose: "compiles the engine, the kernel and the tender, once",
    apt: "gcc libc6-dev",
    required: true,
    compiles: true,
  },
  { name: "ld", purpose: "links them", apt: "binutils", required: true, compiles: true },
  { name: "wasm2c", purpose: "translates the engine to C", apt: "wabt", required: true, compiles: true },
  { name: QEMU, purpose: "runs virtio images", apt: "qemu-system-x86", required: true },
];
const OLDEST_NODE = [20, 19] as const;

/** Looks for everything that building and running images takes. */
export async function examine(): Promise<readonly Check[]> {
  const isSource = hasKernelSource();
  return [
    checkNode(),
    ...TOOLS.filter(({ compiles }) => isSource || !compiles).map(checkTool),
    ...(isSource ? [checkSeccomp()] : []),
    describeKvm(await kvmCheck()),
  ];
}

function hasKernelSource(): boolean {
  const kernel = findPackage("@soloist/kernel");
  return kernel !== undefined && existsSync(join(kernel, "src"));
}

/** The one command that installs what is missing, or undefined. */
export function installCommand(checks: readonly Check[]): string | undefined {
  const packages = checks.flatMap(({ ok, apt }) => (ok || apt === undefined ? [] : [apt]));
  return packages.length === 0 ? undefined : `sudo apt-get install ${packages.join(" ")}`;
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const detail = ok ? process.versions.node : `${process.versions.node}, at least ${OLDEST_NODE.join(".")} is needed`;
  return { name: "node", ok, detail, required: true };
}

function checkTool({ name, purpose, apt, required }: Tool): Check {
  const path = findCommand(name);
  return { name, ok: path !== undefined, detail: path ?? purpose, required, apt };
}

function checkSeccomp(): Check {
  const known = ["/usr/include/seccomp.h", "/usr/local/include/seccomp.h"].find((path) => existsSync(path));
  const found =
    known !== undefined ||
    spawnSync("gcc", ["-E", "-x", "c", "-"], { input: "#include <seccomp.h>\n", stdio: ["pipe", "ignore", "ignore"] })
      .status === 0;
  const detail = found ? (known ?? "found by gcc") : "the tender for spt images is compiled with it";
  return { name: "libseccomp", ok: found, detail, required: true, apt: "libseccomp-dev" };
}

async function kvmCheck(): Promise<KvmVerdict | undefined> {
  if (findCommand(QEMU) === undefined) return undefined;
  try {
    return await kvmVerdict();
  } catch {
    return undefined; // the kernel package is not built yet
  }
}

function describeKvm(verdict: KvmVerdict | undefined): Check {
  const base = { name: "kvm", required: false } as const;
  if (verdict === undefined) return { ...base, ok: false, detail: "cannot be tried yet; QEMU's TCG does without" };
  if (verdict.works) return { ...base, ok: true, detail: "works" };
  return { ...base, ok: false, detail: `${verdict.reason}; QEMU's TCG is used, which is slower` };
}

/** What building the kernel needs on the machine, for the build itself and for `soloist doctor`. */
import { spawnSync } from "node:child_process";

export interface Requirement {
  command: string;
  /** What it is for. */
  purpose: string;
  /** Debian and Ubuntu package. */
  apt: string;
}

export const REQUIREMENTS: readonly Requirement[] = [
  { command: "wasm2c", purpose: "translates the engine to C", apt: "wabt" },
  { command: "gcc", purpose: "compiles the engine and the kernel", apt: "gcc" },
  { command: "ld", purpose: "links the bases", apt: "binutils" },
];

/** The requirements that this machine does not meet. */
export function missingRequirements(): Requirement[] {
  return REQUIREMENTS.filter(
    ({ command }) => spawnSync(command, ["--version"], { stdio: "ignore" }).error !== undefined,
  );
}

/** One line that says what to install, or undefined when nothing is missing. */
export function requirementsMessage(missing: readonly Requirement[]): string | undefined {
  if (missing.length === 0) return undefined;
  const names = missing.map(({ command, purpose }) => `${command} (${purpose})`).join(", ");
  return `missing: ${names}; install with: sudo apt-get install ${missing.map(({ apt }) => apt).join(" ")}`;
}

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { findPackage } from "../base.ts";
import { RunError } from "../errors.ts";
import { CREATE_HELP } from "./help.ts";
import type { Terminal } from "./terminal.ts";

/** Hands over to create-soloist: the one beside this package, or the registry's. */
export function createCommand(args: string[], terminal: Terminal): number {
  if (args.includes("--help")) {
    terminal.out(CREATE_HELP);
    return 0;
  }
  const folder = findPackage("create-soloist");
  const [command, words] = folder
    ? [process.execPath, [join(folder, "bin", "create-soloist.mjs"), ...args]]
    : ["npm", ["create", "soloist@latest", "--", ...args]];
  const { status, error } = spawnSync(command, words, { stdio: "inherit" });
  if (error) throw new RunError(`${command}: ${error.message}`);
  return status ?? 1;
}

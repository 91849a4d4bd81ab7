import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { tender } from "./build.ts";

/** What a program did. */
export interface Outcome {
  /** Exit code; null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the tender, or `program` in its place, for at most a minute. */
export function run(args: readonly string[], program = tender): Outcome {
  const env = { ...process.env, ASAN_OPTIONS: "detect_leaks=0" };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 60_000, env });
  return { status, stdout, stderr };
}

/** A directory for this test file, removed at its end. */
export function scratch(): (name: string, content?: Uint8Array | string) => string {
  const directory = mkdtempSync(join(tmpdir(), "tender-test-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  return (name, content) => {
    const path = join(directory, name);
    if (content !== undefined) writeFileSync(path, content);
    return path;
  };
}

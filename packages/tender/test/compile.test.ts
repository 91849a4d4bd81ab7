import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../scripts/compile.ts";
import { scratch } from "./support/run.ts";

const file = scratch();

function build(path: string) {
  return spawnSync(process.execPath, ["--import", "tsx", "scripts/build.ts"], {
    cwd: packageRoot,
    encoding: "utf8",
    env: { ...process.env, PATH: path },
  });
}

describe("npm run build", () => {
  it("without gcc: says what to install", () => {
    const { status, stderr } = build("/nonexistent");
    expect(stderr).toBe("tender: gcc is missing: install it (Debian: apt install gcc libc6-dev)\n");
    expect(status).toBe(1);
  });

  it("without libseccomp: says what to install", () => {
    const bin = file("bin");
    mkdirSync(bin);
    // A gcc that finds every header but one.
    writeFileSync(join(bin, "gcc"), '#!/bin/sh\ngrep -q "seccomp.h" "$2" && exit 1\nexit 0\n', { mode: 0o755 });
    for (const tool of ["sh", "grep"]) symlinkSync(`/bin/${tool}`, join(bin, tool));
    const { status, stderr } = build(bin);
    expect(stderr).toBe("tender: libseccomp is missing (Debian: apt install libseccomp-dev)\n");
    expect(status).toBe(1);
  });
});

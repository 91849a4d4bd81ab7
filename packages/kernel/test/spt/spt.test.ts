import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { layoutHeader, readLayout } from "../../src/builder/layout.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "soloist-spt-"));
beforeAll(() => {
  writeFileSync(join(folder, "layout.h"), layoutHeader(readLayout(join(ROOT, "layout.json"))));
  // Copied, because a file finds the headers of its own folder first.
  for (const name of ["net.c", "time.c", "spt.h"]) copyFileSync(join(ROOT, "src/spt", name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles for the host, with sanitizers, and returns what the program prints. `first`: where it finds system-call.h. */
function run(name: string, first: string, ...sources: readonly string[]): string {
  const includes = [folder, first, join(ROOT, "include"), join(ROOT, "src/common")];
  const flags = ["-O1", "-g", "-std=gnu11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const test = join(folder, `test-${name}`);
  copyFileSync(join(import.meta.dirname, name), test);
  const program = join(folder, `${name}.program`);
  const files = [join(folder, name), test, ...sources, "-o", program];
  execFileSync("gcc", [...flags, ...includes.map((path) => `-I${path}`), ...files]);
  return execFileSync(program, { encoding: "utf8", env: { ...process.env, ASAN_OPTIONS: "detect_leaks=0" } });
}

it("net: plain frames, or a header in front of each; what makes no sense is dropped and counted, or refused", () => {
  const shared = join(ROOT, "src/common/net-header.c");
  expect(run("net.c", join(ROOT, "src/spt"), shared)).toBe("SUCCESS\n");
});

it("time: looks before it sleeps where that pays, sets its timer seldom, misses no deadline", () => {
  expect(run("time.c", join(import.meta.dirname, "played"))).toBe("SUCCESS\n");
});

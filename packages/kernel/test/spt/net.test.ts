import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { layoutHeader, readLayout } from "../../src/builder/layout.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "soloist-spt-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("net: plain frames, or a header in front of each; what makes no sense is dropped and counted, or refused", () => {
  writeFileSync(join(folder, "layout.h"), layoutHeader(readLayout(join(ROOT, "layout.json"))));
  const includes = [folder, join(ROOT, "include"), join(ROOT, "src/common"), join(ROOT, "src/spt")];
  const flags = ["-O1", "-g", "-std=gnu11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const sources = ["src/spt/net.c", "src/common/net-header.c", "test/spt/net.c"].map((path) => join(ROOT, path));
  const program = join(folder, "net");
  execFileSync("gcc", [...flags, ...includes.map((path) => `-I${path}`), ...sources, "-o", program]);
  const env = { ...process.env, ASAN_OPTIONS: "detect_leaks=0" };
  expect(execFileSync(program, { encoding: "utf8", env })).toBe("SUCCESS\n");
}, 60_000);

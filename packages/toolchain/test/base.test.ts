import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadBase, loadBootCode, loadDescription } from "../src/base.ts";
import { BuildError } from "../src/errors.ts";

let kernel: string;

beforeEach(() => {
  kernel = mkdtempSync(join(tmpdir(), "soloist-kernel-"));
  mkdirSync(join(kernel, "dist"));
});

afterEach(() => rmSync(kernel, { recursive: true, force: true }));

function failure(load: () => unknown): BuildError {
  try {
    load();
  } catch (error) {
    expect(error).toBeInstanceOf(BuildError);
    return error as BuildError;
  }
  throw new Error("nothing was thrown");
}

test("a kernel that is not built is one line, which names what is missing", () => {
  const { message } = failure(() => loadBase("spt", kernel));
  expect(message).toContain(`the kernel is not built: there is no ${join(kernel, "dist", "base-spt.json")}`);
  expect(message).not.toContain("\n");
});

test("a description that is being written just now is one line", () => {
  writeFileSync(join(kernel, "dist", "base-spt.elf"), "");
  writeFileSync(join(kernel, "dist", "base-spt.json"), '{ "target": ');
  const { message } = failure(() => loadDescription("spt", kernel));
  expect(message).toMatch(/^the kernel is not built: .*base-spt\.json is incomplete; run "npm run build"[^\n]*$/);
});

test("boot loaders that are not built are one line", () => {
  const { message } = failure(() => loadBootCode(kernel));
  expect(message).toMatch(/^the kernel is not built: there is no .*disk\/boot-sector\.bin; [^\n]*$/);
});

// Files that are no image, or one for another machine: one clear line each, and no boot.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { build, image, tender } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const hello = readFileSync(build("apps/hello", "spt"));

/** What the tender says of a file with these bytes. */
function verdict(bytes: Uint8Array): { status: number | null; text: string } {
  const path = image("broken.spt");
  writeFileSync(path, bytes);
  const { status, stdout, stderr } = spawnSync(tender, ["--mem=16", path], { encoding: "utf8" });
  return { status, text: stdout + stderr };
}

function changed(at: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(hello);
  copy.set(bytes, at);
  return copy;
}

describe("soloist-spt", () => {
  it("runs the image before it is broken", () => {
    expect(verdict(hello)).toEqual({ status: 0, text: "Hello World!\n" });
  });

  it.each<[string, Uint8Array]>([
    ["an empty file", new Uint8Array(0)],
    ["text", new TextEncoder().encode("#!/bin/sh\necho no image\n")],
    ["an image cut off in its header", hello.subarray(0, 40)],
    ["an image cut off in its program headers", hello.subarray(0, 100)],
    ["an image cut off in its text", hello.subarray(0, 8192)],
    ["a 32-bit ELF", changed(4, 1)],
    ["a big-endian ELF", changed(5, 2)],
    ["an ELF for another processor", changed(18, 0xb7)],
    ["a shared object", changed(16, 3)],
    ["program headers beyond the end", changed(32, 0xff, 0xff, 0xff, 0xff)],
    ["an entry outside of the text", changed(24, 0, 0, 0, 0)],
    ["an image for virtio", readFileSync(build("apps/hello", "virtio"))],
  ])("refuses %s with one line and exit code 1", (_name, bytes) => {
    const { status, text } = verdict(bytes);
    expect(text).toMatch(/^soloist-spt: .*broken\.spt: .+\n$/);
    expect(status).toBe(1);
  });
});

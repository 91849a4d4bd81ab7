import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { guest, sanitizedTender } from "./support/build.ts";
import { run, scratch } from "./support/run.ts";

const file = scratch();

function disks(options: readonly string[], command: string, size = 65536, program?: string) {
  const data = file("data.img", Buffer.alloc(size));
  const log = file("log.img", Buffer.alloc(4096));
  const outcome = run([...options, `--block:data=${data}`, `--block:log=${log}`, guest("block"), command], program);
  return { ...outcome, data };
}

describe("a block device", () => {
  it.each([512, 4096, 32768])("is read and written in blocks of %i bytes", (size) => {
    const outcome = disks(size === 512 ? [] : [`--block-sector-size:data=${size}`], "check");
    expect(outcome).toMatchObject({ status: 0, stdout: `65536 ${size}\n`, stderr: "" });
    const content = readFileSync(outcome.data);
    expect(content.every((byte, i) => byte === ((Math.floor(i / size) + (i % size)) & 255))).toBe(true);
  });

  it("the same under the sanitizers", () => {
    expect(disks([], "check", 65536, sanitizedTender)).toMatchObject({ status: 0, stderr: "" });
  });

  it.each([
    ["read-beyond", /system call 17 \(pread64\) with the arguments 0x[0-9a-f]+, 0x[0-9a-f]+, 0x200, 0x10000 at rip/],
    ["write-beyond", /system call 18 \(pwrite64\) .* 0x200, 0x10000 at rip/],
    ["write-across", /system call 18 \(pwrite64\) .* 0x200, 0xfe01 at rip/],
    ["write-negative", /system call 18 \(pwrite64\) .* 0x200, 0xfffffffffffffe00 at rip/],
    ["write-two-blocks", /system call 18 \(pwrite64\) .* 0x400, 0x0 at rip/],
    ["write-half-a-block", /system call 18 \(pwrite64\) .* 0x100, 0x0 at rip/],
    ["other-device-bounds", /system call 18 \(pwrite64\) .* 0x200, 0xfe00 at rip/],
    ["plain-write", /system call 1 \(write\)/],
  ])("%s: the filter refuses it, the file keeps its size", (command, expected) => {
    const outcome = disks([], command);
    expect(outcome.status).toBe(159);
    expect(outcome.stdout).toMatch(expected);
    expect(outcome.stdout).not.toContain("not refused");
    expect(statSync(outcome.data).size).toBe(65536);
  });

  it("a size that is not a multiple of the block size: refused", () => {
    const outcome = disks(["--block-sector-size:data=4096"], "check", 6144);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(
      /--block:data: the size of .*, 6144 bytes, is not a multiple of its block size, 4096\n$/,
    );
  });

  it("an empty file, a missing one, a directory, a character device: refused", () => {
    expect(disks([], "check", 0).stderr).toMatch(/has 0 bytes, less than one block of 512\n$/);
    const refusal = (path: string): string =>
      run([`--block:data=${path}`, "--block:log=/dev/null", guest("block")]).stderr.replace(/^.*--block:/, "");
    expect(refusal("/nonexistent")).toBe("data: cannot open /nonexistent: No such file or directory\n");
    expect(refusal("/tmp")).toBe("data: cannot open /tmp: Is a directory\n");
    expect(refusal("/dev/zero")).toBe("data: /dev/zero is neither a file nor a disk\n");
  });
});

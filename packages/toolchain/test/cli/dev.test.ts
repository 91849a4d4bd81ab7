import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devCommand } from "../../src/cli/dev.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { UsageError } from "../../src/errors.ts";
import { openDisk } from "../../src/run/open-disk.ts";

const terminal: Terminal = { out() {}, error() {}, progress() {}, clearProgress() {}, color: false };

describe("soloist dev refuses with one line", () => {
  it.each([
    [["--target", "virtio"], /dev runs on Node\.js/],
    [["--stack", "lwip"], /expected host or soloist/],
    [["--drop", "5"], /add --stack soloist/],
    [["--stack", "soloist", "--drop", "101"], /expected a number from 0 to 100/],
    [["--stack", "soloist", "--delay", "soon"], /expected a number/],
    [["--inspect=off"], /expected a port/],
    [["--who=Ada"], /arguments of the app go behind --/],
    [["-p", "80"], /expected HOST:GUEST/],
    [["--block", "no-such-file.img"], /no such file; no-such-file\.img,size=16M makes it/],
  ])("%j", async (args, message) => {
    const failure = await devCommand(args, terminal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as UsageError).message).toMatch(message);
    expect((failure as UsageError).message).not.toContain("\n");
  });
});

describe("--block", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "soloist-disk-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("with a size makes a file that is not there, and leaves one that is", () => {
    const path = join(folder, "links.img");
    expect(openDisk(`links=${path},size=2M`)).toEqual({ name: "links", value: path });
    expect(statSync(path).size).toBe(2 * 1024 * 1024);
    expect(openDisk(`${path},size=4k`)).toEqual({ value: path });
    expect(statSync(path).size).toBe(2 * 1024 * 1024);
  });

  it("refuses a size that is no whole blocks, and makes nothing", () => {
    const path = join(folder, "odd.img");
    expect(() => openDisk(`${path},size=1000`)).toThrow(UsageError);
    expect(existsSync(path)).toBe(false);
  });
});

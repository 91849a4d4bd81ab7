import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

function run(path: string, ...args: string[]) {
  const program = fileURLToPath(new URL(path, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--conditions=@soloist/source", program, ...args], {
    encoding: "utf8",
  });
  return { status, output: stdout + stderr, stdout };
}

const main = "../src/main.ts";

interface Found {
  readonly runs: number;
  readonly said: string;
  readonly input: readonly number[];
}

describe("guidance by coverage", () => {
  const lock = (how: string) => JSON.parse(run("open-lock.ts", how).stdout) as Found;

  it("opens a lock digit by digit, makes the input short, and does so every time", () => {
    const first = lock("guided");
    expect(first).toMatchObject({ said: "Error: open", input: [0xd1, 0x3c, 0x77] });
    expect(lock("guided")).toEqual(first);
  });

  it("without it the lock stays shut", () => {
    expect(lock("blind")).toMatchObject({ said: "", input: [] });
  });
});

describe("what takes bytes from outside", () => {
  it("survives what was found earlier, and a short run of every target", () => {
    const { status, output } = run(main, "--runs", "64");
    expect(output).not.toContain("again:");
    for (const name of ["ipv4", "tcp", "dns", "dhcp", "stack", "request", "websocket"]) {
      expect(output).toMatch(new RegExp(`^${name}: \\d+ inputs, \\d+ of \\d+ blocks`, "m"));
    }
    expect(status, output).toBe(0);
  });

  it("arguments that make no sense are named, with exit code 2", () => {
    for (const args of [["--what"], ["nobody", "--runs", "1"]]) {
      const { status, output } = run(main, ...args);
      expect(output).toContain("usage: fuzz");
      expect(status).toBe(2);
    }
  });
});

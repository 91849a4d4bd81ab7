import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("seeds/main.ts", import.meta.url));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--conditions=@soloist/source", main, ...args], {
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

describe("conversations over cables of every kind", () => {
  it("10,000 seeds: every byte is right, both ends close, and nothing is left", { timeout: 900_000 }, () => {
    const { status, output } = run("--count", "10000");
    expect(output).toContain("10000 seeds, 0 failed");
    expect(status).toBe(0);
  });
  it("arguments that make no sense are named, with exit code 2", () => {
    for (const args of [["--count", "many"], ["--shard", "3/2"], ["--what"]]) {
      const { status, output } = run(...args);
      expect(output).toContain("usage: seeds");
      expect(status).toBe(2);
    }
  });
});

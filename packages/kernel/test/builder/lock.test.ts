import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../../src/builder/lock.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kernel-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the lock of a build", () => {
  it("lets one in after the other", async () => {
    const path = join(folder, "lock");
    let inside = 0;
    const build = async () => {
      const release = await takeLock(path);
      const others = inside++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside--;
      await release();
      return others;
    };
    expect(await Promise.all([build(), build(), build()])).toEqual([0, 0, 0]);
  });

  it("says that it waits, and takes the lock of a build that was killed", async () => {
    const path = join(folder, "lock");
    const code = `import { takeLock } from ${JSON.stringify(new URL("../../src/builder/lock.ts", import.meta.url).href)};
      await takeLock(${JSON.stringify(path)}); console.log("has it"); setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    const release = await takeLock(path, () => other.kill("SIGKILL"));
    expect(other.signalCode ?? other.killed).toBeTruthy();
    await release();
  });

  it("fails where the file cannot be made", async () => {
    await expect(takeLock(join(folder, "missing", "lock"))).rejects.toThrow(/flock .* ended with/);
  });
});
